#pragma once

#include "base/command.h"

namespace automodel::cli {

/// `automodel validate RECIPE...`: checks recipes without weights, data or network.
Command validate_command();

}  // namespace automodel::cli
