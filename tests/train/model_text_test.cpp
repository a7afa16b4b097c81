#include "train/model_text.h"

#include <gmock/gmock.h>

#include "tests/data/test_text.h"

namespace automodel::train {
namespace {

using ::testing::ElementsAre;

/// Opened with these keys of a recipe's model section.
checkpoint::ModelFolder opened_with(const Json& token_ids) {
  checkpoint::ModelFolder out;
  out.path = "no_such_folder";
  out.config = {{"eos_token_id", 5}};
  out.token_ids = token_ids;
  return out;
}

TEST(StopIds, AreTheRecipesOrElseTheModels) {
  const auto text = data::test_context();
  EXPECT_THAT(stop_ids(opened_with({{"eos_token_id", {7, 8}}}), text), ElementsAre(7, 8));
  EXPECT_THAT(stop_ids(opened_with(Json::object()), text), ElementsAre(5));
  EXPECT_THAT(stop_ids(opened_with({{"eos_token_id", nullptr}}), text), ElementsAre(5));
}

TEST(StopIds, WithWhatTheTextAdds) {
  const auto text = data::test_context();
  auto model = opened_with(Json::object());
  set_text(model, {}, text, {9});
  EXPECT_THAT(stop_ids(model, text), ElementsAre(5, data::kEos, 9));
  model.config.erase("eos_token_id");
  model.text.reset();
  EXPECT_THAT(stop_ids(model, text), ElementsAre(data::kEos));
}

}  // namespace
}  // namespace automodel::train
