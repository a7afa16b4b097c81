#include "base/abandoned.h"

#include <signal.h>

#include <cerrno>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/file.h"
#include "base/file_lock.h"
#include "base/text.h"

namespace automodel {
namespace {

namespace fs = std::filesystem;

/// The number in such a name.
std::optional<pid_t> process_in(const std::string& name, std::string_view prefix) {
  if (!name.starts_with(prefix)) {
    return std::nullopt;
  }
  const auto process = parse_number<pid_t>(std::string_view(name).substr(prefix.size()));
  return process && *process > 0 ? process : std::nullopt;
}

bool is_alive(pid_t process) { return ::kill(process, 0) == 0 || errno != ESRCH; }

/// True also where it cannot be known.
bool may_be_held(const fs::path& path) {
  try {
    FileLock lock(path, "");
    return !lock.try_take() || !lock.held();
  } catch (const Error&) {
    return true;
  }
}

}  // namespace

void remove_abandoned(const fs::path& folder, std::string_view prefix) {
  std::vector<fs::path> left;
  std::error_code ignored;  // of a folder that may be written but not read
  for (const auto& entry : fs::directory_iterator(folder, ignored)) {
    const auto process = process_in(entry.path().filename().string(), prefix);
    if (process && !is_alive(*process) && !entry.is_symlink(ignored)) {
      left.push_back(entry.path());
    }
  }
  for (const auto& path : left) {
    if (fs::exists(path, ignored) && !may_be_held(path)) {
      ignored = remove_tree(path);
    }
  }
}

}  // namespace automodel
