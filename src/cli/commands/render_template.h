#pragma once

#include "base/command.h"

namespace automodel::cli {

/// `automodel render-template FILE < conversations.jsonl`: what a chat template makes of
/// conversations.
Command render_template_command();

}  // namespace automodel::cli
