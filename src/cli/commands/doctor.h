#pragma once

#include "base/command.h"

namespace automodel::cli {

Command doctor_command();

}  // namespace automodel::cli
