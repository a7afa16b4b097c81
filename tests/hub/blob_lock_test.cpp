#include "hub/blob_lock.h"

#include <gmock/gmock.h>

#include <atomic>
#include <optional>
#include <thread>

#include "base/error.h"

namespace automodel::hub {
namespace {

namespace fs = std::filesystem;

TEST(BlobLock, SecondOneWaitsForTheFirst) {
  const fs::path file = fs::path(::testing::TempDir()) / "automodel_blob.lock";
  std::atomic<bool> waiting{false};
  std::optional<BlobLock> first;
  first.emplace(file, [] {});
  EXPECT_TRUE(first->held());
  std::atomic<bool> released{false};
  std::jthread second([&] {
    const BlobLock lock(file, [&] { waiting = true; });
    EXPECT_TRUE(lock.held());
    EXPECT_TRUE(released);
  });
  while (!waiting) {
    std::this_thread::yield();
  }
  released = true;
  first.reset();
}

TEST(BlobLock, FolderThatCannotBeWrittenIsAnError) {
  try {
    const BlobLock lock("/no/such/folder/x.lock", [] {});
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), ::testing::HasSubstr("cannot write /no/such/folder/x.lock: No such "
                                                   "file or directory. Let HF_HOME name a folder"));
  }
}

}  // namespace
}  // namespace automodel::hub
