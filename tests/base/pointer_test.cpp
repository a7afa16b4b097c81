#include "base/pointer.h"

#include <gtest/gtest.h>

#include "base/file.h"

namespace automodel {
namespace {

namespace fs = std::filesystem;

class Pointers : public ::testing::Test {
 protected:
  Pointers() {
    remove_tree(folder_);
    fs::create_directories(folder_ / "one/model");
    write_file_atomic(folder_ / "LATEST.txt", "one\n");
    write_file_atomic(folder_ / "other.txt", "one\n");
  }
  ~Pointers() override { remove_tree(folder_); }

  fs::path folder_ = fs::path(::testing::TempDir()) / "automodel_pointers";
};

TEST_F(Pointers, ThatAreTextFilesAreFollowedAnywhereInAPath) {
  EXPECT_EQ(follow_pointers(folder_ / "LATEST"), folder_ / "one");
  EXPECT_EQ(follow_pointers(folder_ / "LATEST/model"), folder_ / "one/model");
  const fs::path here = fs::current_path();
  fs::current_path(folder_);
  EXPECT_EQ(follow_pointers("LATEST"), "one");
  fs::current_path(here);
}

TEST_F(Pointers, EverythingElseStaysAsItIs) {
  for (const char* name : {"one", "LOWEST_VAL", "other", "one/model/", "./one", ""}) {
    EXPECT_EQ(follow_pointers(folder_ / name), folder_ / name);
    EXPECT_EQ(follow_pointers(name), name);
  }
  fs::create_directory_symlink("one", folder_ / "LATEST");
  EXPECT_EQ(follow_pointers(folder_ / "LATEST/model"), folder_ / "LATEST/model");
  EXPECT_EQ(follow_pointers(std::string(300, 'a')), std::string(300, 'a'));
}

TEST_F(Pointers, TargetsOfTextFiles) {
  EXPECT_EQ(text_target(folder_ / "LATEST"), "one");
  EXPECT_EQ(text_target(folder_ / "LOWEST_VAL"), std::nullopt);
}

}  // namespace
}  // namespace automodel
