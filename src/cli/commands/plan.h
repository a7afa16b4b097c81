#pragma once

#include "base/command.h"

namespace automodel::cli {

Command plan_command();

}  // namespace automodel::cli
