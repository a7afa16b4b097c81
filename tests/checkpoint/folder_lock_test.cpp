#include "checkpoint/folder_lock.h"

#include <gtest/gtest.h>

#include "tests/checkpoint/in_child.h"
#include "tests/tensor/expect_error.h"
#include "tests/tensor/temporary_folder.h"

namespace automodel::checkpoint {
namespace {

using automodel::testing::expect_error;
using automodel::testing::run_in_child;
using automodel::testing::TemporaryFolder;

TEST(FolderLock, KeepsOthersOut) {
  const TemporaryFolder folder;
  const auto lock = lock_folder(folder.path());
  const auto owner = fmt::format("another run (process {}) writes", ::getpid());
  expect_error(ErrorKind::invalid_argument, owner, [&] { lock_folder(folder.path()); });
}

TEST(FolderLock, EndsWithItsProcess) {
  const TemporaryFolder folder;
  EXPECT_EQ(run_in_child([&] {
              const auto lock = lock_folder(folder.path());
              ::kill(::getpid(), SIGKILL);
            }),
            -SIGKILL);
  const auto lock = lock_folder(folder.path());
}

TEST(FolderLock, NeedsAFolderThatCanBeWritten) {
  const TemporaryFolder folder;
  expect_error(ErrorKind::io, "Choose another folder", [&] { lock_folder(folder / "missing"); });
}

}  // namespace
}  // namespace automodel::checkpoint
