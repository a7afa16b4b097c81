#include "models/gpt.h"

#include <gmock/gmock.h>

#include "tests/models/error_of.h"

namespace automodel::models {
namespace {

TEST(Bloom, RefusesTheTwoKeysOfWhichEitherAloneChangesNothing) {
  Json config = {{"model_type", "bloom"}, {"n_embed", 32},    {"n_layer", 1},
                 {"n_head", 4},           {"vocab_size", 50}, {"slow_but_exact", true}};
  EXPECT_EQ(error_of(config), "no error");
  config["pretraining_tp"] = 2;
  EXPECT_THAT(error_of(config), ::testing::HasSubstr("'slow_but_exact' is true"));
}

TEST(Gpt, TheFeedForwardIsFourTimesAsWideByDefault) {
  Json config = {{"n_embd", 6}, {"activation_function", "relu"}};
  EXPECT_EQ(
      gpt_mlp(ConfigReader(config, "t", gpt_key_names()), "gelu_new"),
      (spec::Mlp{.inner = 24, .activation = spec::Activation::relu, .gated = false, .bias = true}));
  config["n_inner"] = 7;
  EXPECT_EQ(gpt_mlp(ConfigReader(config, "t", gpt_key_names()), "gelu_new").inner, 7);
}

TEST(Gpt, NoRowOfTheEmbeddingIsFrozen) {
  const Json config = {{"n_embd", 6}, {"vocab_size", 9}, {"pad_token_id", 1}};
  const auto model = gpt_defaults(ConfigReader(config, "t", gpt_key_names()), false);
  EXPECT_EQ(model.pad_token_id, std::nullopt);
  EXPECT_FALSE(model.tied_head);
  EXPECT_EQ(model.final_norm.kind, spec::Norm::Kind::layer);
}

TEST(Gpt, ListsGrow) {
  EXPECT_THAT(gpt_ignored_keys({"mine"}), ::testing::IsSupersetOf({"mine", "n_ctx"}));
  EXPECT_EQ(spec::stored_name("model.layers.0.mlp.up_proj.bias",
                              gpt_names({{"mlp.up_proj", "mlp.c_fc"}}).renames),
            "transformer.h.0.mlp.c_fc.bias");
}

}  // namespace
}  // namespace automodel::models
