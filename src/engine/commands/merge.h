#pragma once

#include "base/command.h"

namespace automodel::engine {

/// `automodel merge ADAPTER OUT`: a LoRA adapter and its base as one Hugging Face folder.
Command merge_command();

}  // namespace automodel::engine
