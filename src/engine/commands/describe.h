#pragma once

#include "base/command.h"

namespace automodel::engine {

/// `automodel describe FILE.gguf`: as automodel's own command, which does folders itself.
Command describe_command();

}  // namespace automodel::engine
