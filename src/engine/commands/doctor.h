#pragma once

#include "base/command.h"

namespace automodel::engine {

/// What `automodel doctor` asks this program.
Command doctor_command();

}  // namespace automodel::engine
