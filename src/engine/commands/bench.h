#pragma once

#include "base/command.h"

namespace automodel::engine {

/// `automodel bench RECIPE [overrides]`: speed and memory of the recipe's training step.
Command bench_command();

}  // namespace automodel::engine
