#pragma once
// `automodel tokenize`: shows how a tokenizer cuts text, and converts many texts for scripts.

#include "base/command.h"

namespace automodel::cli {

Command tokenize_command();

}  // namespace automodel::cli
