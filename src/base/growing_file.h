#pragma once
// A file that a run adds to while others read it.

#include <filesystem>
#include <fstream>
#include <string_view>

namespace automodel {

class GrowingFile {
 public:
  /// Opens for appending; makes the folder and the file where they are missing. Throws Error(io).
  explicit GrowingFile(std::filesystem::path path);
  /// On disk's way when it returns. Throws Error(io), also if the disk is full.
  void write(std::string_view bytes);
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
  std::ofstream file_;
};

}  // namespace automodel
