#pragma once
// automodel data: shows what a model would be trained on.

#include "base/command.h"

namespace automodel::cli {

/// corpus::inspect_data for models in Hugging Face folders. A recipe whose model is a .gguf file is
/// handed over to automodel-engine, which reads those.
Command data_command();

}  // namespace automodel::cli
