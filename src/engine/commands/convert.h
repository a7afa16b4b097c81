#pragma once

#include "base/command.h"

namespace automodel::engine {

/// `automodel convert MODEL OUT`: a model, also a .gguf file, as a Hugging Face folder.
Command convert_command();

}  // namespace automodel::engine
