#include "recipes/finetune/run_manifest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "recipes/finetune.h"
#include "tests/recipes/tiny_recipe.h"

namespace automodel::recipes {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

class Manifest : public ::testing::Test {
 protected:
  Json make() const {
    const auto loaded = tiny_.load();
    const RunModel run = load_run_model(loaded.recipe);
    return make_manifest(loaded, run, load_run_data(loaded.recipe, run.source), 2);
  }
  TinyRecipe tiny_;
};

TEST_F(Manifest, SaysWhatTheRunDependsOn) {
  const Json manifest = make();
  EXPECT_EQ(manifest["machine"]["threads"], 2);
  EXPECT_EQ(manifest["software"]["automodel"], AM_VERSION);
  EXPECT_TRUE(manifest["model"]["files"].contains("model.safetensors"));
  EXPECT_EQ(manifest["data"]["dataset"]["rows"], 6);
  EXPECT_EQ(manifest["data"]["validation_dataset"]["rows"], 3);
  EXPECT_EQ(manifest["data"]["dataset"]["xxh64"].get<std::string>().size(), 16U);
}

TEST_F(Manifest, TellsWhatHasChangedSince) {
  const Json before = make();
  EXPECT_THAT(differences_from(before, make()), IsEmpty());
  EXPECT_THAT(differences_from(nullptr, make()), IsEmpty());
  tiny_.write_rows("train.jsonl", 7);
  const auto differences = differences_from(before, make());
  ASSERT_THAT(differences, ::testing::SizeIs(2));  // rows and checksum
  EXPECT_THAT(differences[0],
              HasSubstr("data.dataset.rows is not as in the manifest: the run may not repeat"));
}

TEST_F(Manifest, IsWrittenByARunWithItsResults) {
  run_finetune(tiny_.load());
  const Json manifest = read_json(tiny_.path("out/manifest.json"));
  EXPECT_EQ(manifest["results"]["steps"], 2);
}

}  // namespace
}  // namespace automodel::recipes
