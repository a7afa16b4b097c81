#pragma once

#include "base/command.h"

namespace automodel::cli {

Command completion_command();
Command man_command();

}  // namespace automodel::cli
