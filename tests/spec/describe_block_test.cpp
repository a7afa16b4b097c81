#include "spec/describe_block.h"

#include <gmock/gmock.h>

namespace automodel::spec {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

Gqa everything() {
  return {.heads = 4,
          .kv_heads = 2,
          .head_dim = 16,
          .value_dim = 12,
          .qkv_bias = true,
          .out_bias = true,
          .head_norm = HeadNorm{.over = HeadNorm::Over::all_heads, .after_rope = true},
          .value_norm = Norm{},
          .clip = 8,
          .window = 5,
          .chunk = 6,
          .scale = 0.25,
          .softcap = 50,
          .sinks = true,
          .alibi = Alibi{.in_bfloat16 = true},
          .temperature = PositionTemperature{.beta = 0.1, .period = 7},
          .gate = OutputGate::per_head,
          .value_scale = 0.7};
}

TEST(DescribeBlock, AttentionShowsEverySwitch) {
  const auto text = describe(Mixer(everything()));
  for (const auto* part :
       {"4 heads of 16, 2 key heads", "values of 12", "alibi up to 8 in bfloat16", "window 5",
        "chunks of 6", "position / 7 by 0.1", "scale 0.25", "normed over all heads behind rope",
        "values normed", "q, k, v within 8", "softcap 50", "sinks", "gated per head by sigmoid",
        "output times 0.7", "q, k, v biases", "output bias"}) {
    EXPECT_THAT(text, HasSubstr(part));
  }
  EXPECT_EQ(kind_of(Mixer(everything())),
            "gqa: alibi, window, chunks, qk norm, v norm, clip, softcap, sinks, temperature, "
            "output gate");
  EXPECT_THAT(describe(Mixer(Gqa{})), HasSubstr("no positions"));
}

TEST(DescribeBlock, RopeAndItsScaling) {
  const auto text = [](const RopeScaling& scaling) {
    return describe(Mixer(Gqa{.rope = Rope{.dim = 8, .interleaved = true, .scaling = scaling}}));
  };
  EXPECT_THAT(text({}), HasSubstr("rope theta 10000 over 8, interleaved"));
  EXPECT_THAT(text(LinearScaling{2}), HasSubstr("linear x2"));
  EXPECT_THAT(text(DynamicScaling{2, 64}), HasSubstr("dynamic x2 beyond 64"));
  EXPECT_THAT(text(Llama3Scaling{.factor = 8, .original_positions = 64}),
              HasSubstr("llama3 x8 beyond 64"));
  EXPECT_THAT(text(YarnScaling{.factor = 4, .original_positions = 64}),
              HasSubstr("yarn x4 beyond 64"));
  EXPECT_THAT(text(LongRopeScaling{.original_positions = 64}), HasSubstr("longrope beyond 64"));
  EXPECT_THAT(text(ProportionalScaling{.turned = 4, .factor = 2}),
              HasSubstr("over 8, interleaved, 4 of them turn, /2"));
}

TEST(DescribeBlock, GatesAndTemperatures) {
  const auto text = describe(
      Mixer(Gqa{.rope = Rope{.dim = 8, .in_float32 = true},
                .temperature =
                    PositionTemperature{
                        .growth = PositionTemperature::Growth::power, .beta = 0.1, .period = 7},
                .gate = OutputGate::per_value,
                .gate_function = GateFunction::softplus,
                .gate_bias = true}));
  EXPECT_THAT(text, AllOf(HasSubstr("over 8, in float32"),
                          HasSubstr("grow with a power of position / 7 by 0.1"),
                          HasSubstr("gated per value by softplus with a bias per head")));
}

TEST(DescribeBlock, BorrowedKeysAndValues) {
  EXPECT_THAT(describe(Mixer(Gqa{.kv_layer = 3})), HasSubstr("keys and values of layer 3"));
  EXPECT_THAT(describe(Mixer(Gqa{.keys_as_values = true})), HasSubstr("values are the keys"));
  EXPECT_EQ(kind_of(Mixer(Gqa{.kv_layer = 3, .keys_as_values = true})),
            "gqa: k as v, shared k and v");
}

TEST(DescribeBlock, LatentAttention) {
  const Mixer mla = Mla{.heads = 2,
                        .q_lora_rank = 24,
                        .kv_lora_rank = 20,
                        .nope_dim = 16,
                        .rope_dim = 8,
                        .value_dim = 12,
                        .rope = Rope{.dim = 8}};
  EXPECT_THAT(describe(mla), AllOf(HasSubstr("2 heads of 16 + 8 with rope, values of 12"),
                                   HasSubstr("query latent 24, key-value latent 20")));
  EXPECT_EQ(kind_of(mla), "mla: rope");
}

TEST(DescribeBlock, FeedForward) {
  EXPECT_EQ(describe(Ffn(Mlp{.inner = 6, .bias = true})), "mlp: 6 wide, gated silu, biases");
  EXPECT_EQ(kind_of(Ffn(Mlp{.activation = Activation::relu2, .gated = false})), "mlp: relu2");
}

TEST(DescribeBlock, Experts) {
  const Ffn moe = Moe{.experts = 8,
                      .per_token = 2,
                      .inner = 5,
                      .clamp = SwigluClamp{},
                      .router = {.score = Router::Score::sigmoid,
                                 .correction = true,
                                 .groups = 4,
                                 .kept_groups = 2,
                                 .renormalise = true,
                                 .scale = 2.5},
                      .shared = SharedExperts{.mlp = {.inner = 7}, .gated = true},
                      .training = {.balance_loss = 0.001,
                                   .sequence_balance_loss = 0.25,
                                   .z_loss = 0.5,
                                   .correction_step = 0.125}};
  EXPECT_EQ(
      describe(moe),
      "moe: 2 of 8 experts, 5 wide, gated silu, router sigmoid, corrected choice, 2 of 4 "
      "groups, weights renormalised, weights times 2.5, clamped at 7, shared experts 7 "
      "wide, gated, balance loss times 0.001, balance loss of sequences times 0.25, z-loss times "
      "0.5, correction trained in steps of 0.125");
  EXPECT_EQ(kind_of(moe), "moe: sigmoid, correction, groups, clamp, shared experts");
}

TEST(DescribeBlock, ExpertsBesideADenseFeedForward) {
  const Ffn both =
      MlpBesideMoe{.mlp = {.inner = 6},
                   .moe = {.experts = 4,
                           .per_token = 1,
                           .inner = 3,
                           .router = {.norm = Norm{}, .input_scale = 0.5, .expert_scale = true}}};
  EXPECT_EQ(describe(both),
            "mlp: 6 wide, gated silu beside moe: 1 of 4 experts, 3 wide, gated silu, router "
            "softmax over all, router input normed, router input times 0.5, a learned weight per "
            "expert");
  EXPECT_EQ(kind_of(both), "mlp: gated, silu beside moe: softmax over all");
}

TEST(DescribeBlock, Norms) {
  EXPECT_EQ(describe(Norm{}), "rms, eps 1e-06");
  EXPECT_EQ(describe(Norm{.kind = Norm::Kind::layer, .eps = 1e-5, .has_bias = true}),
            "layer norm, eps 1e-05, bias");
  EXPECT_EQ(describe(Norm{.has_weight = false, .weight_offset = 1}),
            "rms, eps 1e-06, no weight, weight + 1");
}

}  // namespace
}  // namespace automodel::spec
