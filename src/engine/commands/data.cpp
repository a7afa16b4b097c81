#include "engine/commands/data.h"

#include "base/command_line.h"
#include "corpus/inspect.h"
#include "recipes/finetune/run_data.h"

namespace automodel::engine {
namespace {

ExitCode run(const corpus::InspectOptions& options, Arguments) {
  return corpus::inspect_data(options, [](const config::ModelSource& model) {
    return recipes::model_facts(checkpoint::open_model(model.pretrained_model_name_or_path,
                                                       {.revision = model.revision.value_or("main"),
                                                        .config_overrides = model.config_overrides,
                                                        .weights = false}));
  });
}

}  // namespace

Command data_command() { return make_command<corpus::InspectOptions>(run); }

}  // namespace automodel::engine
