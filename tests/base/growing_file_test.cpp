#include "base/growing_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/file.h"

namespace automodel {
namespace {

using ::testing::HasSubstr;

TEST(GrowingFile, IsReadWhileItGrows) {
  const auto folder = std::filesystem::path(::testing::TempDir()) / "growing";
  remove_tree(folder);
  {
    GrowingFile file(folder / "a/b.txt");
    file.write("one ");
    EXPECT_EQ(read_file(file.path()), "one ");
  }
  GrowingFile(folder / "a/b.txt").write("two");
  EXPECT_EQ(read_file(folder / "a/b.txt"), "one two");
  remove_tree(folder);
}

TEST(GrowingFile, FullDisk) {
  GrowingFile file("/dev/full");
  try {
    file.write("a");
    FAIL() << "written to a full disk";
  } catch (const Error& error) {
    EXPECT_THAT(error.message(), HasSubstr("cannot write /dev/full; is the disk full?"));
  }
}

TEST(GrowingFile, NoFolder) {
  try {
    GrowingFile file("/dev/null/a");
    FAIL() << "a folder below a device";
  } catch (const Error& error) {
    EXPECT_THAT(error.message(), HasSubstr("cannot make the folder /dev/null"));
  }
}

}  // namespace
}  // namespace automodel
