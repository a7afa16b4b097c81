#include "usage/convert.h"

#include "base/command_line.h"
#include "checkpoint/load.h"
#include "engine/commands/commands.h"
#include "engine/commands/export.h"
#include "models/find_model.h"
#include "recipes/finetune/checkpoint_model.h"

namespace automodel::engine {
namespace {

void convert_checkpoint(const usage::Convert& line) {
  const auto run = recipes::load_checkpoint_model(line.model);
  export_model(line.out, run.source, run.model.parameters(), line.written, run.storage);
}

ExitCode run_convert(const usage::Convert& line, Arguments) {
  const auto stop = leaves_nothing(line.out);
  if (!models::checkpoint_recipe(line.model).empty()) {
    convert_checkpoint(line);
    return ExitCode::ok;
  }
  const auto source = checkpoint::open_model(line.model, {.revision = line.revision});
  const auto parameters =
      checkpoint::load_parameters(source, std::nullopt, checkpoint::Use::freeze);
  export_model(line.out, source, parameters, line.written);
  return ExitCode::ok;
}

}  // namespace

Command convert_command() { return make_command<usage::Convert>(run_convert); }

}  // namespace automodel::engine
