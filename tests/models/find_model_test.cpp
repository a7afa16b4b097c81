#include "models/find_model.h"

#include <gmock/gmock.h>

#include <cstdlib>
#include <string>

#include "base/error.h"
#include "base/file.h"

namespace automodel::models {
namespace {

namespace fs = std::filesystem;

/// The text of the error that not finding `name` is.
std::string find_error(const std::string& name, const std::string& revision = "main") {
  try {
    find_model(name, revision);
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

/// HF_HUB_CACHE points to a folder of its own in each test.
class FindModel : public ::testing::Test {
 protected:
  FindModel() : cache_(fs::path(::testing::TempDir()) / "automodel_hub_cache") {
    fs::remove_all(cache_);
    fs::create_directories(cache_);
    ::setenv("HF_HUB_CACHE", cache_.c_str(), 1);
  }
  ~FindModel() override {
    ::unsetenv("HF_HUB_CACHE");
    fs::remove_all(cache_);
  }
  fs::path cache_;
};

TEST_F(FindModel, TakesAPathAsItIs) { EXPECT_EQ(find_model(cache_.string()), cache_); }

TEST_F(FindModel, FollowsTheReferenceToTheSnapshot) {
  const auto folder = cache_ / "models--org--name.v1";
  fs::create_directories(folder / "snapshots/abc123");
  fs::create_directories(folder / "refs");
  write_file_atomic(folder / "refs/main", "abc123\n");
  EXPECT_EQ(find_model("org/name.v1"), folder / "snapshots/abc123");
  EXPECT_EQ(find_model("org/name.v1", "abc123"), folder / "snapshots/abc123");
  EXPECT_THAT(find_error("org/name.v1", "v2"), ::testing::HasSubstr("(revision v2)"));
}

TEST_F(FindModel, SaysHowToGetAHubModel) {
  EXPECT_THAT(find_error("org/name"),
              ::testing::HasSubstr("run 'automodel download org/name --revision main' first"));
  EXPECT_THAT(find_error("gpt2"), ::testing::HasSubstr(cache_.string()));
}

TEST_F(FindModel, RefusesWhatIsNeitherPathNorId) {
  EXPECT_THAT(find_error("/no/such/folder"),
              ::testing::HasSubstr("the model /no/such/folder does not exist"));
  EXPECT_THAT(find_error("../org/name"), ::testing::HasSubstr("does not exist"));
  EXPECT_THAT(find_error(""), ::testing::HasSubstr("name is empty"));
}

TEST(CheckpointRecipe, IsOfACheckpointOnly) {
  const fs::path folder = ::testing::TempDir() + "checkpoint_recipe";
  fs::remove_all(folder);
  fs::create_directories(folder / "model");
  write_file_atomic(folder / "config.yaml", "");
  EXPECT_EQ(checkpoint_recipe(folder), "");
  write_file_atomic(folder / "manifest.json", "{}");
  EXPECT_EQ(checkpoint_recipe(folder), folder / "config.yaml");
  EXPECT_EQ(checkpoint_recipe("org/name"), "");
}

}  // namespace
}  // namespace automodel::models
