#include "spec/describe.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "spec/parameters.h"

namespace automodel::spec {
namespace {

using ::testing::HasSubstr;

ModelSpec windowed() {
  ModelSpec model{.model_type = "some", .architecture = "Some", .vocab_size = 10, .dim = 8};
  const Gqa full{.heads = 2, .kv_heads = 1, .head_dim = 4, .rope = Rope{.dim = 4}, .scale = 0.5};
  Gqa window = full;
  window.window = 3;
  model.layers = {{.mixer = window, .ffn = Mlp{.inner = 6}},
                  {.mixer = full, .ffn = Mlp{.inner = 6}},
                  {.mixer = window, .ffn = Mlp{.inner = 6}},
                  {.mixer = window, .ffn = Mlp{.inner = 6}}};
  return model;
}

TEST(BlockKinds, AreListedOnceWithoutSizes) {
  EXPECT_THAT(block_kinds(windowed()),
              ::testing::ElementsAre("gqa: rope, window", "gqa: rope", "mlp: gated, silu",
                                     "rms norms: before each branch"));
}

TEST(Describe, EqualLayersStandTogether) {
  const auto text = describe(windowed());
  EXPECT_THAT(text, HasSubstr("3 of the layers: 0, 2-3\n"));
  EXPECT_THAT(text, HasSubstr("1 of the layers: 1\n"));
  EXPECT_THAT(text, HasSubstr("window 3"));
  EXPECT_THAT(text, HasSubstr("its own weight"));
}

TEST(Describe, CountsTheChosenExpertsAsActive) {
  auto model = windowed();
  model.layers.resize(1);
  model.layers[0].ffn = Moe{.experts = 4, .per_token = 1, .inner = 6};
  const auto text = describe(model);
  const auto total = num_parameters(model);
  EXPECT_THAT(text, HasSubstr(fmt::format("parameters      {}\n", total)));
  EXPECT_THAT(text, HasSubstr(fmt::format("  per token     {}\n", total - 3 * 3 * 6 * 8)));
  EXPECT_THAT(text, HasSubstr("1 of 4 experts, 6 wide"));
}

TEST(Describe, SaysHowFreshWeightsAreDrawn) {
  auto model = windowed();
  model.init = {.std = 0.5, .cutoff = 3};
  model.init_rules = {{"q_proj.weight", {.constant = 1}}, {"o_proj.weight", {.std = 0.25}}};
  model.float32_parts = {"k_proj"};
  model.float32_or_bfloat16_parts = {"model.norm"};
  const auto text = describe(model);
  EXPECT_THAT(text, HasSubstr("fresh weights   normal, deviation 0.5, cut off at 3 of them\n"
                              "  q_proj.weight: 1\n  o_proj.weight: normal, deviation 0.25\n"));
  EXPECT_THAT(text, HasSubstr("always float32  k_proj\n"));
  EXPECT_THAT(text, HasSubstr("never float16   model.norm\n"));
}

TEST(Describe, ShowsWhatStandsAwayFromItsNeutralValue) {
  auto model = windowed();
  model.embedding_dim = 4;
  model.embedding_scale = 2;
  model.positions = LearnedPositions{.count = 12};
  model.embedding_norm = Norm{};
  model.head_transform = HeadTransform{};
  model.head_bias = true;
  model.logit_scale = 3;
  model.logit_softcap = 30;
  model.dropout = 0.1;
  model.layers[0].residual_scale = 0.5;
  model.layers[0].input = LayerInput{.dim = 5};
  model.layers[0].has_scalar = true;
  model.layers[0].residual_index = 2;
  model.layer_inputs = LayerInputs{.vocab_size = 9, .dim = 5, .norm = {}};
  const auto text = describe(model);
  for (const auto* part :
       {"4 wide, projected", "times 2", "12 learned vectors", "embedding norm", "dense, gelu",
        "its own weight, bias", "times 3", "softcap 30", "0.1 asked for, not applied",
        "branches      times 0.5", "5 wide, gated gelu_tanh", "5 wide, vocabulary 9",
        "by depth, from addition 2", "times a fixed number of the checkpoint"}) {
    EXPECT_THAT(text, HasSubstr(part));
  }
}

}  // namespace
}  // namespace automodel::spec
