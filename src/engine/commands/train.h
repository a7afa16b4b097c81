#pragma once

#include "base/command.h"

namespace automodel::engine {

/// `automodel train RECIPE [overrides]`, which is also `automodel RECIPE [overrides]`.
Command train_command();

}  // namespace automodel::engine
