#include "base/cache_folder.h"

#include "base/environment.h"
#include "base/error.h"
#include "base/text.h"

namespace automodel {
namespace {

namespace fs = std::filesystem;

fs::path root() {
  const auto named = [](const char* variable, const char* below) {
    const auto value = environment(variable);
    return value.empty() ? fs::path() : fs::path(value) / below;
  };
  for (const fs::path& path : {named("AUTOMODEL_CACHE", ""), named("XDG_CACHE_HOME", "automodel"),
                               named("HOME", ".cache/automodel")}) {
    if (!path.empty()) {
      return path;
    }
  }
  return fs::temp_directory_path() / "automodel";
}

}  // namespace

fs::path cache_folder(std::string_view name) {
  const fs::path folder = root() / name;
  std::error_code problem;
  fs::create_directories(folder, problem);
  check(!problem, ErrorKind::io,
        "cannot make the cache folder {}: {}; set AUTOMODEL_CACHE to a folder that can be written "
        "to",
        folder.string(), problem.message());
  return folder;
}

void check_cache_space(const fs::path& folder, std::uint64_t needed_bytes) {
  std::error_code unknown;  // then there is room
  const std::uint64_t available = fs::space(folder, unknown).available;
  check(available >= needed_bytes, ErrorKind::io,
        "about {} are to be written to {}, whose disk has {} left. Free some space, or let "
        "AUTOMODEL_CACHE name a folder on another disk",
        human_bytes(needed_bytes), folder.string(), human_bytes(available));
}

}  // namespace automodel
