#include "checkpoint/find_model.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "tests/checkpoint/tiny_model.h"
#include "tests/tensor/expect_error.h"

namespace automodel::checkpoint {
namespace {

using automodel::testing::expect_error;
using automodel::testing::TemporaryFolder;
using automodel::testing::write_text;
namespace fs = std::filesystem;

/// HF_HUB_CACHE points to a folder of its own in each test.
class FindModel : public ::testing::Test {
 protected:
  void SetUp() override { ::setenv("HF_HUB_CACHE", cache_.path().c_str(), 1); }
  void TearDown() override { ::unsetenv("HF_HUB_CACHE"); }
  TemporaryFolder cache_;
};

TEST_F(FindModel, TakesAPathAsItIs) {
  EXPECT_EQ(find_model(cache_.path().string()), cache_.path());
}

TEST_F(FindModel, FollowsTheReferenceToTheSnapshot) {
  const auto folder = cache_ / "models--org--name.v1";
  fs::create_directories(folder / "snapshots/abc123");
  fs::create_directories(folder / "refs");
  write_text(folder / "refs/main", "abc123\n");
  EXPECT_EQ(find_model("org/name.v1"), folder / "snapshots/abc123");
  EXPECT_EQ(find_model("org/name.v1", "abc123"), folder / "snapshots/abc123");
  expect_error(ErrorKind::not_found, "(revision v2)", [] { find_model("org/name.v1", "v2"); });
}

TEST_F(FindModel, ReferenceCannotLeaveTheCache) {
  const auto folder = cache_ / "models--org--name";
  fs::create_directories(folder / "snapshots");
  fs::create_directories(folder / "refs");
  write_text(folder / "refs/main", "../../..");
  expect_error(ErrorKind::not_found, "not in the local cache", [] { find_model("org/name"); });
}

TEST_F(FindModel, SaysHowToGetAHubModel) {
  expect_error(ErrorKind::not_found, "run 'hf download org/name' first",
               [] { find_model("org/name"); });
  expect_error(ErrorKind::not_found, cache_.path().string(), [] { find_model("gpt2"); });
}

TEST_F(FindModel, RefusesWhatIsNeitherPathNorId) {
  expect_error(ErrorKind::not_found, "the model /no/such/folder does not exist",
               [] { find_model("/no/such/folder"); });
  expect_error(ErrorKind::not_found, "does not exist", [] { find_model("../org/name"); });
  expect_error(ErrorKind::invalid_argument, "name is empty", [] { find_model(""); });
}

TEST(HubCacheFolder, FollowsTheEnvironment) {
  ::unsetenv("HF_HUB_CACHE");
  ::setenv("HF_HOME", "/home/hf", 1);
  EXPECT_EQ(hub_cache_folder(), "/home/hf/hub");
  ::unsetenv("HF_HOME");
  ::setenv("XDG_CACHE_HOME", "/xdg", 1);
  EXPECT_EQ(hub_cache_folder(), "/xdg/huggingface/hub");
  ::unsetenv("XDG_CACHE_HOME");
  EXPECT_TRUE(hub_cache_folder().string().ends_with("/.cache/huggingface/hub"));
}

}  // namespace
}  // namespace automodel::checkpoint
