#pragma once
// A file in memory for readers that want a path.

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

namespace automodel {

/// One name for all inputs of a fuzz target; removed when the program ends.
class InputFile {
 public:
  explicit InputFile(const std::string& ending)
      : path_("/dev/shm/automodel_fuzz_" + std::to_string(::getpid()) + ending) {}
  ~InputFile() { std::filesystem::remove(path_); }
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;

  std::string write(std::string_view bytes) const {
    std::ofstream(path_, std::ios::binary | std::ios::trunc) << bytes;
    return path_.string();
  }

 private:
  std::filesystem::path path_;
};

}  // namespace automodel
