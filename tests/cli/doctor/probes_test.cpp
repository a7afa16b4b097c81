#include "cli/doctor/probes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace automodel::cli {
namespace {

namespace fs = std::filesystem;

TEST(TryDisk, MeasuresTheFolderThatIsThere) {
  const fs::path folder = fs::canonical(::testing::TempDir());
  const auto disk = try_disk(folder / "not/there");
  EXPECT_EQ(fs::path(disk.folder), folder);
  EXPECT_EQ(disk.problem, "");
  EXPECT_GT(disk.bytes_per_second, 0);
  EXPECT_GT(disk.free_bytes, 0U);
}

TEST(TryDisk, SaysWhyItCannotWrite) {
  EXPECT_THAT(try_disk("/proc/self").problem, ::testing::HasSubstr("/proc/"));
}

TEST(TryHub, SaysWhyThereIsNoAnswer) {
  hub::Settings settings;
  settings.endpoint = "http://no-such-host.invalid";
  const auto answer = try_hub(settings);
  EXPECT_EQ(answer.status, 0);
  EXPECT_NE(answer.failure, "");
}

}  // namespace
}  // namespace automodel::cli
