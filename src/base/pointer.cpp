#include "base/pointer.h"

#include "base/file.h"
#include "base/text.h"

namespace automodel {

namespace fs = std::filesystem;

fs::path pointer_file(const fs::path& pointer) { return fs::path(pointer).concat(".txt"); }

std::optional<std::string> text_target(const fs::path& pointer) {
  const auto file = pointer_file(pointer);
  std::error_code ignored;  // e.g. a name too long for a path
  return fs::is_regular_file(file, ignored) ? std::optional(std::string(trim(read_file(file))))
                                            : std::nullopt;
}

fs::path follow_pointers(const fs::path& path) {
  fs::path out;
  for (const auto& part : path) {
    const fs::path whole = out / part;
    std::error_code ignored;
    const bool may_be_text = (part == kLatest || part == kLowest) && !fs::exists(whole, ignored);
    const auto target = may_be_text ? text_target(whole) : std::nullopt;
    out = target ? out / *target : whole;
  }
  return out;
}

}  // namespace automodel
