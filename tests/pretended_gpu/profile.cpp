#include "pretended_gpu/profile.h"

#include <fmt/os.h>

#include <cstdlib>

namespace automodel::testing {

void log_launch(const std::string& operation, std::int64_t bytes) {
  static std::FILE* const file = [] {
    const char* const path = std::getenv("PRETENDED_GPU_PROFILE");
    return path == nullptr ? nullptr : std::fopen(path, "a");
  }();
  if (file != nullptr) {
    fmt::print(file, "{{\"operation\": \"{}\", \"bytes\": {}}}\n", operation, bytes);
    std::fflush(file);  // a process may end without more ado
  }
}

}  // namespace automodel::testing
