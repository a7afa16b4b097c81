#pragma once
// The list of all commands of `automodel`.

#include "base/command.h"

namespace automodel::cli {

/// Every command in the order in which --help lists them.
Program program();

}  // namespace automodel::cli
