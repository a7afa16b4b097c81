#include "checkpoint/pointer.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "base/file.h"
#include "base/pointer.h"
#include "tests/checkpoint/tiny_model.h"
#include "tests/tensor/expect_error.h"

namespace {
bool can_link = true;
}

/// This program's own: a file system without links is hard to come by.
extern "C" int symlink(const char* target, const char* path) noexcept {
  if (!can_link) {
    errno = EPERM;
    return -1;
  }
  return static_cast<int>(::syscall(SYS_symlinkat, target, AT_FDCWD, path));
}

namespace automodel::checkpoint {
namespace {

using automodel::testing::expect_error;
using automodel::testing::TemporaryFolder;
using automodel::testing::write_text;
namespace fs = std::filesystem;

class Pointer : public ::testing::Test {
 protected:
  Pointer() {
    for (const char* name : {"one", "two"}) {
      fs::create_directory(folder_ / name);
    }
  }
  ~Pointer() override { can_link = true; }
  bool is_link() const { return fs::is_symlink(pointer_); }
  bool has_text() const { return fs::exists(folder_ / "LATEST.txt"); }

  TemporaryFolder folder_;
  fs::path pointer_ = folder_ / "LATEST";
};

TEST_F(Pointer, IsALinkWhereThereAreLinks) {
  EXPECT_EQ(pointer_target(pointer_), std::nullopt);
  point_to(pointer_, "one");
  point_to(pointer_, "two");
  EXPECT_EQ(pointer_target(pointer_), "two");
  EXPECT_TRUE(is_link());
  EXPECT_FALSE(has_text());
}

TEST_F(Pointer, IsATextFileWhereThereAreNone) {
  can_link = false;
  point_to(pointer_, "one");
  point_to(pointer_, "two");
  EXPECT_EQ(read_file(folder_ / "LATEST.txt"), "two\n");
  EXPECT_EQ(pointer_target(pointer_), "two");
  EXPECT_EQ(follow_pointers(pointer_), folder_ / "two");
}

TEST_F(Pointer, OnlyTheLastWrittenFormStays) {
  point_to(pointer_, "one");
  can_link = false;
  point_to(pointer_, "two");
  EXPECT_FALSE(is_link());
  EXPECT_EQ(pointer_target(pointer_), "two");
  can_link = true;
  point_to(pointer_, "one");
  EXPECT_FALSE(has_text());
  EXPECT_EQ(pointer_target(pointer_), "one");
}

TEST_F(Pointer, ThatLeadsNowhereIsRemoved) {
  for (const bool links : {true, false}) {
    can_link = links;
    point_to(pointer_, "one");
    remove_dangling(pointer_);
    EXPECT_EQ(pointer_target(pointer_), "one");
    point_to(pointer_, "gone");
    remove_dangling(pointer_);
    EXPECT_EQ(pointer_target(pointer_), std::nullopt);
  }
}

TEST_F(Pointer, NothingElseMayHaveItsName) {
  check_is_pointer(pointer_);
  point_to(pointer_, "one");
  check_is_pointer(pointer_);
  fs::remove(pointer_);
  fs::create_directory(pointer_);
  expect_error(ErrorKind::invalid_argument, "LATEST is no link, but a folder",
               [&] { check_is_pointer(pointer_); });
}

TEST_F(Pointer, ThatCannotBeWrittenIsNamed) {
  can_link = false;
  expect_error(ErrorKind::not_found, "a link is not possible: Operation not permitted",
               [&] { point_to(folder_ / "missing/LATEST", "one"); });
}

}  // namespace
}  // namespace automodel::checkpoint
