#pragma once

#include "base/command.h"

namespace automodel::cli {

/// `automodel describe PATH|model_type`: layers, kinds of blocks, parameter counts, and what became
/// of each key of config.json. A .gguf file is handed to automodel-engine.
Command describe_command();

}  // namespace automodel::cli
