#include "cli/commands/data.h"

#include <filesystem>

#include "cli/engine.h"
#include "cli/inputs.h"
#include "corpus/inspect.h"

namespace automodel::cli {
namespace {

bool is_gguf(const config::ModelSource& model) {
  return bring_model(model.pretrained_model_name_or_path, model.revision.value_or("main"),
                     hub::Need::config)
             .extension() == ".gguf";
}

ExitCode run(Arguments arguments) {
  return corpus::inspect_data(arguments, [&](const config::ModelSource& model) {
    if (is_gguf(model)) {
      run_engine("data", arguments);
    }
    return corpus::read_model_facts(model);
  });
}

}  // namespace

Command data_command() {
  return {"data", "Show what a model would be trained on, and check the data", run};
}

}  // namespace automodel::cli
