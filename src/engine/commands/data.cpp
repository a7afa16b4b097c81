#include "engine/commands/data.h"

#include "corpus/inspect.h"
#include "recipes/finetune/run_data.h"

namespace automodel::engine {
namespace {

ExitCode run(Arguments arguments) {
  return corpus::inspect_data(arguments, [](const config::ModelSource& model) {
    return recipes::model_facts(checkpoint::open_model(model.pretrained_model_name_or_path,
                                                       {.revision = model.revision.value_or("main"),
                                                        .config_overrides = model.config_overrides,
                                                        .weights = false}));
  });
}

}  // namespace

Command data_command() {
  return {"data", "Show what a model in a .gguf file would be trained on", run};
}

}  // namespace automodel::engine
