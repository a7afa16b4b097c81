#pragma once
// A folder for the files of a test.

#include <gtest/gtest.h>

#include "base/file.h"
#include "watch/scalars.h"

namespace automodel::watch {

class Folder : public ::testing::Test {
 protected:
  Folder() { remove_tree(path_); }
  ~Folder() override { remove_tree(path_); }

  std::vector<std::filesystem::path> files() const {
    std::vector<std::filesystem::path> out;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(path_)) {
      if (entry.is_regular_file()) {
        out.push_back(entry.path());
      }
    }
    return out;
  }

  const std::filesystem::path path_ =
      std::filesystem::path(::testing::TempDir()) /
      ::testing::UnitTest::GetInstance()->current_test_info()->test_suite_name();
};

inline RunFacts facts() {
  return {.name = "mine", .config = {{"optimizer", {{"lr", 0.5}}}, {"seed", 3}}, .seconds = 1e9};
}

}  // namespace automodel::watch
