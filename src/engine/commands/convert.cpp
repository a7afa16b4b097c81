#include "engine/commands/convert.h"

#include "base/command_line.h"
#include "checkpoint/load.h"
#include "engine/commands/export.h"
#include "usage/convert.h"

namespace automodel::engine {
namespace {

ExitCode run_convert(const usage::Convert& line, Arguments) {
  const auto source = checkpoint::open_model(line.model, {.revision = line.revision});
  const auto parameters =
      checkpoint::load_parameters(source, std::nullopt, checkpoint::Use::freeze);
  export_model(line.out, source, parameters, line.written);
  return ExitCode::ok;
}

}  // namespace

Command convert_command() { return make_command<usage::Convert>(run_convert); }

}  // namespace automodel::engine
