#pragma once
// The state of the git repository that a folder belongs to.

#include <filesystem>
#include <optional>
#include <string>

namespace automodel {

struct GitState {
  std::string commit;
  bool has_changes = false;  // of tracked files
  bool operator==(const GitState&) const = default;
};

/// Asks the program git. Nothing if there is none, or `folder` is in no repository with a commit.
std::optional<GitState> git_state(const std::filesystem::path& folder);

}  // namespace automodel
