#pragma once
// A folder in which a test writes what the system's proc/ and sys/ would say.

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "base/file.h"

namespace automodel {

class SystemFiles : public ::testing::Test {
 protected:
  explicit SystemFiles(const std::string& name)
      : root_(std::filesystem::path(::testing::TempDir()) / name) {
    remove_tree(root_);
  }
  ~SystemFiles() override { remove_tree(root_); }

  void write(const std::string& path, const std::string& text) const {
    std::filesystem::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path) << text;
  }

  std::filesystem::path root_;
};

}  // namespace automodel
