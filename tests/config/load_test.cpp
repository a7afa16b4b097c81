#include "config/load.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/config/recipes.h"

namespace automodel::config {
namespace {

using testing::HasSubstr;

TEST(Load, CollectsAllProblemsInTheFilesOrder) {
  const std::string text =
      complaint(std::string(kLeast) + "seed: -1\nloger: {}\n", {"--optimizer.lr=x"});
  EXPECT_THAT(text, HasSubstr("the recipe has 3 problems"));
  EXPECT_LT(text.find("seed: -1 is out of range"), text.find("loger: unknown key"));
  EXPECT_THAT(text, HasSubstr("command line: optimizer.lr"));
}

TEST(Load, NamesMissingSections) {
  const std::string text = complaint("seed: 1\n");
  for (const char* section : {"recipe", "distributed", "model", "dataset", "optimizer"}) {
    EXPECT_THAT(text, HasSubstr(std::string(section) + ": this required section is missing"));
  }
}

TEST(Load, ReadsVariablesOfTheGivenEnvironment) {
  const std::string text = std::string(kLeast) + "seed: ${SEED}\n";
  EXPECT_EQ(check_text(text, {}, {{"SEED", "9"}}).recipe.seed, 9);
  EXPECT_THAT(complaint(text), HasSubstr("'SEED' is not set"));
  EXPECT_EQ(check_text(kLeast, {"--seed=${SEED,5}"}).recipe.seed, 5);
}

TEST(Load, RefusesFilesThatAreNoRecipes) {
  EXPECT_THROW(check_recipe(testing::TempDir() + "missing.yaml", {}, {}), Error);
  EXPECT_THROW(check_recipe(testing::TempDir(), {}, {}), Error);
}

TEST(Load, ARunnableRecipeLoads) {
  EXPECT_EQ(load_recipe(write_recipe(kLeast), {}, {}).recipe.kind, RecipeKind::finetune);
}

TEST(Load, SeedOfRngCountsWithAWarning) {
  const LoadedRecipe loaded = check_text(std::string(kLeast) + "rng: {seed: 7}\n");
  EXPECT_EQ(loaded.recipe.seed, 7);
  EXPECT_THAT(loaded.warnings,
              testing::ElementsAre(HasSubstr("only where there is no top-level `seed`")));
}

}  // namespace
}  // namespace automodel::config
