#include "base/git.h"

#include <vector>

#include "base/child.h"
#include "base/text.h"

namespace automodel {
namespace {

/// What `git -C folder arguments` prints; nothing if it fails.
std::optional<std::string> run_git(const std::filesystem::path& folder,
                                   const std::vector<std::string>& arguments) {
  std::vector<std::string> words = {"git", "--no-optional-locks", "-C", folder.string()};
  words.insert(words.end(), arguments.begin(), arguments.end());
  return output_of(words);
}

}  // namespace

std::optional<GitState> git_state(const std::filesystem::path& folder) {
  const auto commit = run_git(folder, {"rev-parse", "--verify", "HEAD"});
  const auto changes = run_git(folder, {"status", "--porcelain", "--untracked-files=no"});
  if (!commit || !changes) {
    return std::nullopt;
  }
  return GitState{std::string(trim(*commit)), !trim(*changes).empty()};
}

}  // namespace automodel
