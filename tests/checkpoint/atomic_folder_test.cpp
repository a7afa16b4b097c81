#include "checkpoint/atomic_folder.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <exception>
#include <thread>

#include "base/file.h"
#include "tests/checkpoint/in_child.h"
#include "tests/checkpoint/tiny_model.h"
#include "tests/tensor/expect_error.h"

namespace {
bool can_exchange = true;
}

/// This program's own: a file system that cannot exchange names is hard to come by.
extern "C" int renameat2(int from_folder, const char* from, int to_folder, const char* to,
                         unsigned flags) noexcept {
  if (!can_exchange && (flags & RENAME_EXCHANGE) != 0) {
    errno = EINVAL;
    return -1;
  }
  return static_cast<int>(::syscall(SYS_renameat2, from_folder, from, to_folder, to, flags));
}

namespace automodel::checkpoint {
namespace {

using automodel::testing::expect_error;
using automodel::testing::run_in_child;
using automodel::testing::start_child;
using automodel::testing::TemporaryFolder;
using automodel::testing::wait_for;
using automodel::testing::write_text;
namespace fs = std::filesystem;

std::size_t num_entries(const fs::path& folder) {
  return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder), {}));
}

/// The number of a process that is no more.
pid_t dead_process() {
  const pid_t child = start_child([] {});
  wait_for(child);
  return child;
}

TEST(AtomicFolder, AppearsAtCommit) {
  const TemporaryFolder parent;
  {
    AtomicFolder folder(parent / "a/b/");
    write_text(folder.work() / "file", "content");
    EXPECT_FALSE(fs::exists(parent / "a/b"));
    folder.commit();
  }
  EXPECT_EQ(read_file(parent / "a/b/file"), "content");
  EXPECT_EQ(num_entries(parent / "a"), 1);
}

TEST(AtomicFolder, LeavesNothingWithoutCommit) {
  const TemporaryFolder parent;
  {
    const AtomicFolder folder(parent / "out");
    write_text(folder.work() / "file", "content");
  }
  EXPECT_EQ(num_entries(parent.path()), 0);
}

TEST(AtomicFolder, IsAbandonedBesideOrInItsPlace) {
  const TemporaryFolder parent;
  fs::create_directory(parent / "empty");
  for (const char* name : {"new", "empty"}) {
    const auto killed_while_writing = [&] {
      const AtomicFolder folder(parent / name);
      write_text(folder.work() / "file", "content");
      abandon(parent / name);
      ::_exit(fs::exists(folder.work()) ? 1 : 0);
    };
    EXPECT_EQ(run_in_child(killed_while_writing), 0);
  }
  EXPECT_FALSE(fs::exists(parent / "new"));
  EXPECT_TRUE(fs::is_empty(parent / "empty"));
}

TEST(AtomicFolder, RefusesAFolderInUse) {
  const TemporaryFolder parent;
  fs::create_directory(parent / "out");
  AtomicFolder folder(parent / "out");  // empty: fine so far
  write_text(parent / "out/precious", "1");
  expect_error(ErrorKind::invalid_argument, "exists already and is not an empty folder",
               [&] { folder.commit(); });
  expect_error(ErrorKind::invalid_argument, "remove it or choose another name",
               [&] { const AtomicFolder second(parent / "out"); });
  EXPECT_EQ(read_file(parent / "out/precious"), "1");
}

TEST(AtomicFolder, FillsAnEmptyFolderThroughALink) {
  const TemporaryFolder parent;
  fs::create_directories(parent / "disk/out");
  fs::create_directory(parent / fmt::format("disk/out/.out.saving-{}", dead_process()));
  fs::create_directory_symlink(parent / "disk/out", parent / "out");
  const int before = ::open((parent / "disk/out").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  {
    AtomicFolder folder(parent / "out");
    fs::create_directory(folder.work() / "inner");
    write_text(folder.work() / "inner/file", "content");
    EXPECT_FALSE(fs::exists(parent / "out/inner"));
    folder.commit();
  }
  EXPECT_TRUE(fs::is_symlink(parent / "out"));
  EXPECT_EQ(read_file(parent / "disk/out/inner/file"), "content");
  EXPECT_EQ(num_entries(parent / "disk/out"), 1);
  // A shell that was in the folder, or a mount on it, still is.
  EXPECT_EQ(::faccessat(before, "inner/file", R_OK, 0), 0);
  ::close(before);
}

TEST(AtomicFolder, LeavesNothingInTheFolderThatItDoesNotFill) {
  const TemporaryFolder parent;
  fs::create_directory(parent / "out");
  {
    const AtomicFolder folder(parent / "out");
  }
  EXPECT_TRUE(fs::is_empty(parent / "out"));
}

TEST(AtomicFolder, RefusesALinkToNothing) {
  const TemporaryFolder parent;
  fs::create_symlink("nowhere", parent / "out");
  expect_error(ErrorKind::invalid_argument, "exists already and is not an empty folder",
               [&] { const AtomicFolder folder(parent / "out"); });
}

class Replaced : public ::testing::TestWithParam<bool> {
 protected:
  Replaced() { can_exchange = GetParam(); }
  ~Replaced() override { can_exchange = true; }
};

TEST_P(Replaced, IsTheOldFolderByTheNewOne) {
  const TemporaryFolder parent;
  fs::create_directories(parent / "out.replaced/of_a_killed_run");
  fs::create_directory(parent / "out");
  write_text(parent / "out/old", "1");
  {
    AtomicFolder folder(parent / "out", Existing::replace);
    write_text(folder.work() / "new", "2");
    EXPECT_TRUE(fs::exists(parent / "out/old"));
    folder.commit();
  }
  EXPECT_FALSE(fs::exists(parent / "out/old"));
  EXPECT_EQ(read_file(parent / "out/new"), "2");
  EXPECT_EQ(num_entries(parent.path()), GetParam() ? 2 : 1);
}

INSTANTIATE_TEST_SUITE_P(AtomicFolder, Replaced, ::testing::Bool());

TEST(AtomicFolder, RemovesWhatDeadProcessesLeftOfThisNameOnly) {
  const TemporaryFolder parent;
  const auto left = [&](const std::string& name, pid_t process) {
    return parent / fmt::format(".{}.saving-{}", name, process);
  };
  const pid_t dead = dead_process();
  const std::vector<fs::path> others = {left("out", ::getppid()), left("other", dead),
                                        left("out.saving-1", dead), parent / ".out.saving-",
                                        parent / fmt::format(".out.saving-{}x", dead)};
  for (const auto& folder : others) {
    fs::create_directories(folder / "model");
  }
  fs::create_directories(left("out", dead) / "model");
  const AtomicFolder folder(parent / "out");
  EXPECT_FALSE(fs::exists(left("out", dead)));
  for (const auto& other : others) {
    EXPECT_TRUE(fs::exists(other / "model")) << other;
  }
}

TEST(AtomicFolder, KeepsWhatAProcessHoldsWhoseNumberIsNotKnownHere) {
  const TemporaryFolder parent;
  const auto held = parent / fmt::format(".out.saving-{}", dead_process());
  const auto ours = parent / fmt::format(".out.saving-{}", ::getpid());
  fs::create_directory(held);
  fs::create_directory(ours);
  FileLock first(held, "");
  FileLock second(ours, "");
  ASSERT_TRUE(first.try_take());
  ASSERT_TRUE(second.try_take());
  expect_error(ErrorKind::invalid_argument, "out; wait for it or choose another name",
               [&] { const AtomicFolder folder(parent / "out"); });
  EXPECT_TRUE(fs::exists(held));
  EXPECT_TRUE(fs::exists(ours));
}

TEST(AtomicFolder, HoldsItsWorkUntilItIsDone) {
  const TemporaryFolder parent;
  AtomicFolder folder(parent / "out");
  FileLock lock(folder.work(), "");
  EXPECT_FALSE(lock.try_take());
}

TEST(AtomicFolder, SaysWhereItCannotWrite) {
  const TemporaryFolder parent;
  write_text(parent / "file", "1");
  expect_error(ErrorKind::io, "cannot make the folder",
               [&] { const AtomicFolder folder(parent / "file/out"); });
}

/// As AtomicFile does; ends when one of its files is removed before it has its name.
[[noreturn]] void write_for_ever(const fs::path& folder) {
  for (int i = 0;; ++i) {
    const auto temporary = folder / fmt::format("{}.temporary", i);
    write_text(temporary, "1");
    fs::rename(temporary, folder / std::to_string(i));
  }
}

TEST(Abandon, LeavesNothingWhileAnotherThreadWrites) {
  const TemporaryFolder parent;
  for (int round = 0; round < 20; ++round) {
    const auto abandons = [&] {
      AtomicFolder folder(parent / "out");
      std::thread writer([&] {
        try {
          write_for_ever(folder.work());
        } catch (const std::exception&) {
          ::pause();
        }
      });
      while (num_entries(folder.work()) < 3) {
        std::this_thread::yield();
      }
      abandon(parent / "out");
      ::_exit(0);
    };
    EXPECT_EQ(run_in_child(abandons), 0);
    EXPECT_EQ(num_entries(parent.path()), 0);
  }
}

TEST(RemoveUnfinished, ClearsWorkFoldersOnly) {
  const TemporaryFolder parent;
  fs::create_directories(parent / ".epoch_0_step_3.saving-4711/model");
  fs::create_directories(parent / "epoch_0_step_1");
  write_text(parent / ".hidden", "1");
  remove_unfinished(parent.path());
  EXPECT_FALSE(fs::exists(parent / ".epoch_0_step_3.saving-4711"));
  EXPECT_TRUE(fs::exists(parent / "epoch_0_step_1"));
  EXPECT_TRUE(fs::exists(parent / ".hidden"));
}

/// E.g. of a `convert` into a folder beside the checkpoints of a run that starts meanwhile.
TEST(RemoveUnfinished, LeavesWhatALiveProcessHolds) {
  const TemporaryFolder parent;
  AtomicFolder folder(parent / "converted");
  write_text(folder.work() / "file", "content");
  remove_unfinished(parent.path());
  folder.commit();
  EXPECT_EQ(read_file(parent / "converted/file"), "content");
}

TEST(RemoveFolder, RemovesAllOfIt) {
  const TemporaryFolder parent;
  fs::create_directories(parent / "a/b");
  write_text(parent / "a/b/file", "1");
  remove_folder(parent / "a");
  EXPECT_EQ(num_entries(parent.path()), 0);
}

}  // namespace
}  // namespace automodel::checkpoint
