#include "models/find_model.h"

#include <gmock/gmock.h>

#include <cstdlib>
#include <string>

#include "base/error.h"
#include "base/file.h"

namespace automodel::models {
namespace {

namespace fs = std::filesystem;

/// The text of the error that `action` ends in.
std::string thrown_by(const auto& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

/// The text of the error that not finding `name` is.
std::string find_error(const std::string& name, const std::string& revision = "main") {
  return thrown_by([&] { find_model(name, revision); });
}

TEST(ConfigFile, IsInTheFolderOrTheFileItself) {
  const fs::path folder = fs::path(::testing::TempDir()) / "automodel_config_file";
  fs::create_directories(folder);
  write_file_atomic(folder / "config.json", "{}");
  EXPECT_EQ(config_file(folder), folder / "config.json");
  EXPECT_EQ(config_file(folder / "config.json"), folder / "config.json");
  fs::remove_all(folder);
}

TEST(ConfigFile, SaysWhatAFolderWithoutOneIs) {
  const fs::path folder = fs::path(::testing::TempDir()) / "automodel_no_config_file";
  const auto expect = [](const fs::path& path, const std::string& text) {
    EXPECT_THAT(thrown_by([&] { config_file(path); }), ::testing::HasSubstr(text));
  };
  fs::create_directories(folder);
  expect(folder, "has no config.json; a Hugging Face model folder has");
  fs::create_directories(folder / "model");
  fs::create_directories(folder / "LATEST");
  expect(folder, "give one, e.g. " + (folder / "LATEST").string());
  write_file_atomic(folder / "manifest.json", "{}");
  write_file_atomic(folder / "config.yaml", "");
  const auto convert = "'automodel convert " + folder.string() + " FOLDER' makes a model";
  expect(folder, convert);
  expect(folder / "model", convert);
  fs::remove(folder / "config.yaml");
  fs::remove(folder / "LATEST");
  write_file_atomic(folder / "model.gguf", "GGUF");
  expect(folder, "give the file " + (folder / "model.gguf").string());
  fs::create_directories(folder / "model/consolidated");
  write_file_atomic(folder / "model/consolidated/config.json", "{}");
  expect(folder, "give " + (folder / "model/consolidated").string());
  write_file_atomic(folder / "adapter_config.json", "{}");
  expect(folder, "it is a PEFT adapter");
  fs::remove_all(folder);
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
