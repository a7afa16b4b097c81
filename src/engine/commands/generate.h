#pragma once

#include "base/command.h"

namespace automodel::engine {

/// `automodel generate MODEL [PROMPT]`: an answer, streamed to the terminal.
Command generate_command();

}  // namespace automodel::engine
