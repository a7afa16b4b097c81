#pragma once
// The page automodel(1).

#include <string>
#include <vector>

#include "cli/texts/command_text.h"

namespace automodel::cli {

/// In roff with the macros of man(7).
std::string man_page(const Program& program, const std::vector<CommandText>& commands);

}  // namespace automodel::cli
