#include "base/file_lock.h"

#include <gmock/gmock.h>

#include <atomic>
#include <optional>
#include <thread>

#include "base/error.h"
#include "base/file.h"

namespace automodel {
namespace {

namespace fs = std::filesystem;

fs::path a_file() { return fs::path(::testing::TempDir()) / "automodel_file.lock"; }

TEST(FileLock, SecondOneWaitsForTheFirst) {
  std::optional<FileLock> first;
  first.emplace(a_file(), "");
  EXPECT_FALSE(first->held());
  EXPECT_TRUE(first->try_take());
  EXPECT_TRUE(first->held());
  std::atomic<bool> waiting{false};
  std::atomic<bool> released{false};
  std::jthread other([&] {
    FileLock second(a_file(), "");
    EXPECT_FALSE(second.try_take());
    EXPECT_FALSE(second.held());
    waiting = true;
    second.take();
    EXPECT_TRUE(second.held());
    EXPECT_TRUE(released);
  });
  while (!waiting) {
    std::this_thread::yield();
  }
  released = true;
  first.reset();
}

TEST(FileLock, HoldsAText) {
  FileLock lock(a_file(), "");
  lock.write("a longer text");
  lock.write("12\n");
  EXPECT_EQ(read_file(a_file()), "12\n");
}

TEST(FileLock, AFolderCanBeHeld) {
  const std::string folder = ::testing::TempDir() + "held";
  std::filesystem::create_directory(folder);
  FileLock first(folder, "");
  FileLock second(folder, "");
  EXPECT_TRUE(first.try_take());
  EXPECT_FALSE(second.try_take());
  EXPECT_TRUE(std::filesystem::is_empty(folder));
}

TEST(FileLock, FolderThatCannotBeWrittenIsAnError) {
  try {
    const FileLock lock("/no/such/folder/x.lock", "Do something else");
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), ::testing::HasSubstr("cannot write /no/such/folder/x.lock: No such "
                                                   "file or directory. Do something else"));
  }
}

}  // namespace
}  // namespace automodel
