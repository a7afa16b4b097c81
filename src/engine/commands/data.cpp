#include "base/command_line.h"
#include "corpus/inspect.h"
#include "engine/commands/commands.h"
#include "recipes/finetune/run_data.h"
#include "recipes/finetune/run_model.h"

namespace automodel::engine {
namespace {

ExitCode run_data(const corpus::InspectOptions& options, Arguments) {
  const auto open_model = [](const config::ModelSource& model) {
    return recipes::model_facts(recipes::open_run_source(model, /*weights=*/false));
  };
  return corpus::inspect_data(options, open_model, recipes::open_tokenizer);
}

}  // namespace

Command data_command() { return make_command<corpus::InspectOptions>(run_data); }

}  // namespace automodel::engine
