#include "recipes/finetune/run_manifest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "recipes/finetune.h"
#include "tests/recipes/tiny_recipe.h"

namespace automodel::recipes {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class Manifest : public testing::Test {
 protected:
  Json make() const {
    const auto loaded = tiny_.load();
    return make_manifest(loaded, load_run_model(loaded.recipe), 2);
  }
  TinyRecipe tiny_;
};

TEST_F(Manifest, SaysWhatTheRunDependsOn) {
  const Json manifest = make();
  EXPECT_EQ(manifest["machine"]["threads"], 2);
  EXPECT_EQ(manifest["software"]["automodel"], AM_VERSION);
  EXPECT_TRUE(manifest["model"]["files"].contains("model.safetensors"));
  EXPECT_EQ(manifest["data"].size(), 2U);
  EXPECT_EQ(manifest["data"][tiny_.path("train.jsonl").string()]["train.jsonl"]["bytes"],
            std::filesystem::file_size(tiny_.path("train.jsonl")));
}

TEST_F(Manifest, TellsWhatHasChangedSince) {
  const Json before = make();
  EXPECT_THAT(differences_from(before, make()), IsEmpty());
  tiny_.write_rows("train.jsonl", 7);
  const auto differences = differences_from(before, make());
  ASSERT_THAT(differences, testing::SizeIs(2));  // size and checksum
  EXPECT_THAT(differences[0],
              testing::AllOf(HasSubstr("train.jsonl"), HasSubstr("may not repeat")));
}

TEST_F(Manifest, IsWrittenByARunWithItsResults) {
  run_finetune(tiny_.load());
  const Json manifest = read_json(tiny_.path("out/manifest.json"));
  EXPECT_EQ(manifest["results"]["steps"], 2);
}

}  // namespace
}  // namespace automodel::recipes
