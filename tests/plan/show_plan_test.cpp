#include "plan/show_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/json.h"
#include "tests/plan/small_model.h"

namespace automodel::plan {
namespace {

using ::testing::HasSubstr;

/// `storage`: of weights for which the recipe names no type.
std::string shown(const PlanOptions& options, std::optional<Storage> storage = std::nullopt) {
  config::LoadedRecipe loaded;
  loaded.recipe = small_recipe();
  loaded.recipe.model.torch_dtype = storage ? "auto" : "float32";
  loaded.not_built = {"a wish"};
  ::testing::internal::CaptureStdout();
  show_plan(options, loaded, small_model(), storage);
  return ::testing::internal::GetCapturedStdout();
}

TEST(ShowPlan, AsTextEndsInWhatIsNotSupported) {
  const auto text = shown({.length = 100, .memory = 16});
  EXPECT_THAT(text, HasSubstr("it fits into 16 GiB"));
  EXPECT_THAT(text, HasSubstr("rows of 100 tokens\n"));
  EXPECT_TRUE(text.ends_with("note        not supported yet: a wish\n")) << text;
}

TEST(ShowPlan, NamesChangesWhereTheRunDoesNotFit) {
  const auto json =
      parse_json(shown({.length = 100, .memory = 1e-4, .json = true}), "the printed plan");
  EXPECT_EQ(json.at("fits"), false);
  EXPECT_EQ(json.at("row_tokens"), 100);
}

TEST(ShowPlan, TakesTheStorageThatOnlyTheWeightsSay) {
  const auto trained = [](std::optional<Storage> storage) {
    const auto json = parse_json(shown({.length = 100, .json = true}, storage), "the printed plan");
    return json.at("memory").at("trained_weights").get<std::int64_t>();
  };
  EXPECT_EQ(trained(Storage::float32), 2 * trained(Storage::bfloat16));
}

}  // namespace
}  // namespace automodel::plan
