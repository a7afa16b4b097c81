#include "config/manifest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/print.h"
#include "tests/config/recipes.h"

namespace automodel::config {
namespace {

using ::testing::HasSubstr;

const std::vector<std::string> kOverrides = {"--optimizer.lr=1e-4", "--comet.api_key=abc",
                                             "--model.pretrained_model_name_or_path='123'"};

TEST(Manifest, HoldsEveryValueWithItsOrigin) {
  const Json manifest = manifest_config(check_text(kLeast, kOverrides));
  EXPECT_EQ(manifest["config"]["optimizer"]["lr"], 1e-4);
  EXPECT_EQ(manifest["config"]["seed"], 42);
  EXPECT_EQ(manifest["origins"]["optimizer.lr"], "override");
  EXPECT_EQ(manifest["origins"]["dataset.path_or_dataset_id"], "file");
  EXPECT_FALSE(manifest["origins"].contains("seed"));
}

TEST(Manifest, LeavesSecretsOut) {
  const Json manifest = manifest_config(check_text(kLeast, kOverrides));
  EXPECT_EQ(manifest["secrets"], Json({"comet.api_key"}));
  EXPECT_THAT(manifest.dump(), ::testing::Not(HasSubstr("abc")));
}

TEST(Manifest, IsARecipeAgain) {
  const LoadedRecipe first = check_text(kLeast, {"--optimizer.lr=1e-4", "--dataset.split=train[:9]",
                                                 "--model.pretrained_model_name_or_path='123'"});
  const std::string text = manifest_config(first).dump(2);
  const LoadedRecipe again = check_text(text);
  EXPECT_EQ(again.recipe, first.recipe);
  EXPECT_EQ(again.recipe.model.pretrained_model_name_or_path, "123");
  EXPECT_FALSE(again.manifest.is_null());
  EXPECT_THAT(again.warnings, ::testing::IsEmpty());  // of defaults that the recipe does not write
  EXPECT_THAT(print_tree(again.tree, false), HasSubstr("# manifest"));
  EXPECT_EQ(check_text(text, {"--optimizer.lr=0.5"}).recipe.optimizer.lr, 0.5);
}

TEST(Manifest, OthersAreNone) {
  EXPECT_TRUE(parse_manifest("a: 1").is_null());
  EXPECT_TRUE(parse_manifest("{\"a\": 1}").is_null());
  EXPECT_TRUE(parse_manifest("{\"automodel_run\": ").is_null());
  EXPECT_THAT(complaint("{\"automodel_run\": 9}"), HasSubstr("this program reads format 1"));
  EXPECT_THAT(complaint("{\"automodel_run\": 1}"), HasSubstr("a manifest without 'config'"));
}

}  // namespace
}  // namespace automodel::config
