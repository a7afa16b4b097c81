#pragma once

#include "base/command.h"

namespace automodel::cli {

/// `automodel models [--json]`: every supported model type with the kinds of blocks it uses.
Command models_command();

}  // namespace automodel::cli
