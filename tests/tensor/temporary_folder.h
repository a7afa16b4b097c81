#pragma once
// A folder that lives as long as a test.

#include <unistd.h>

#include <filesystem>
#include <string>

#include "base/error.h"
#include "base/file.h"

namespace automodel::testing {

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string text = (std::filesystem::temp_directory_path() / "automodel_test_XXXXXX").string();
    check(::mkdtemp(text.data()) != nullptr, ErrorKind::io, "cannot make {}", text);
    path_ = text;
  }
  ~TemporaryFolder() { [[maybe_unused]] const auto error = remove_tree(path_); }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  std::filesystem::path operator/(std::string_view name) const { return path_ / name; }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace automodel::testing
