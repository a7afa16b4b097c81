#include "checkpoint/signature.h"

#include <gtest/gtest.h>

namespace automodel::checkpoint {
namespace {

TEST(ModelSignature, TakesWhatDecidesTheModel) {
  const Json recipe = {{"model", {{"pretrained_model_name_or_path", "org/name"}, {"x", 1}}},
                       {"peft", {{"dim", 8}}},
                       {"seed", 3}};
  EXPECT_EQ(model_signature(recipe),
            Json({{"model.pretrained_model_name_or_path", "org/name"}, {"peft", true}}));
}

TEST(ModelSignature, LooksIntoTheConfigOfAFreshModel) {
  const Json recipe = {{"model", {{"config", {{"hidden_size", 64}, {"vocab_size", nullptr}}}}}};
  EXPECT_EQ(model_signature(recipe), Json({{"model.hidden_size", 64}}));
}

TEST(ModelSignature, ToleratesWhatIsNoRecipe) {
  EXPECT_EQ(model_signature(Json()), Json::object());
  EXPECT_EQ(model_signature({{"model", "name"}}), Json::object());
}

TEST(SignatureDifference, NamesEachKey) {
  const Json one = {{"model.hidden_size", 64}, {"peft", true}};
  EXPECT_EQ(signature_difference(one, one), "");
  EXPECT_EQ(signature_difference(one, {{"model.hidden_size", 32}, {"model.vocab_size", 7}}),
            "model.hidden_size is 64, the checkpoint has 32; peft is true, the checkpoint has "
            "absent; model.vocab_size is absent, the checkpoint has 7");
}

}  // namespace
}  // namespace automodel::checkpoint
