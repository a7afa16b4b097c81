#pragma once
// Completion scripts: commands, their options, values of options that have few, keys of recipes;
// files everywhere else. A bare recipe completes as `train` does.

#include <string>
#include <vector>

#include "cli/texts/command_text.h"

namespace automodel::cli {

/// `keys`: the dotted keys of recipes.
std::string bash_completion(const std::vector<CommandText>& commands,
                            const std::vector<std::string>& keys);
std::string zsh_completion(const std::vector<CommandText>& commands,
                           const std::vector<std::string>& keys);
std::string fish_completion(const std::vector<CommandText>& commands,
                            const std::vector<std::string>& keys);

}  // namespace automodel::cli
