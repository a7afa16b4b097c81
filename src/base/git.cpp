#include "base/git.h"

#include <array>
#include <cstdio>

#include "base/text.h"

namespace automodel {
namespace {

std::string quoted(const std::string& word) { return "'" + replace_all(word, "'", "'\\''") + "'"; }

/// What `git -C folder arguments` prints; nothing if it fails.
std::optional<std::string> run_git(const std::filesystem::path& folder,
                                   const std::string& arguments) {
  const std::string command =
      "git --no-optional-locks -C " + quoted(folder.string()) + " " + arguments + " 2>/dev/null";
  std::FILE* pipe = popen(command.c_str(), "re");
  if (pipe == nullptr) {
    return std::nullopt;
  }
  std::string out;
  std::array<char, 4096> buffer{};
  for (std::size_t n = 0; (n = std::fread(buffer.data(), 1, buffer.size(), pipe)) > 0;) {
    out.append(buffer.data(), n);
  }
  return pclose(pipe) == 0 ? std::optional(out) : std::nullopt;
}

}  // namespace

std::optional<GitState> git_state(const std::filesystem::path& folder) {
  const auto commit = run_git(folder, "rev-parse --verify HEAD");
  const auto changes = run_git(folder, "status --porcelain --untracked-files=no");
  if (!commit || !changes) {
    return std::nullopt;
  }
  return GitState{std::string(trim(*commit)), !trim(*changes).empty()};
}

}  // namespace automodel
