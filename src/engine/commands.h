#pragma once
// The list of the commands that need LibTorch.

#include "base/command.h"

namespace automodel::engine {

/// Every command of `automodel-engine`; `automodel` offers each under the same name
/// (src/cli/commands.cpp).
Program program();

}  // namespace automodel::engine
