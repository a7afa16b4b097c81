#pragma once
// automodel data, for recipes whose model is a .gguf file.

#include "base/command.h"

namespace automodel::engine {

Command data_command();

}  // namespace automodel::engine
