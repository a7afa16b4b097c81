#pragma once

#include "base/command.h"

namespace automodel::cli {

Command diff_command();

}  // namespace automodel::cli
