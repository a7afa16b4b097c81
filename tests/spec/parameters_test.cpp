#include "spec/parameters.h"

#include <gmock/gmock.h>

#include <algorithm>

namespace automodel::spec {
namespace {

ModelSpec two_layers(NormPlacement placement) {
  ModelSpec model{.vocab_size = 10, .dim = 4, .tied_head = true};
  const Gqa attention{.heads = 2, .kv_heads = 1, .head_dim = 2, .qkv_bias = true};
  model.layers.assign(2, {.mixer = attention, .ffn = Mlp{.inner = 6}, .placement = placement});
  return model;
}

std::vector<std::string> names(const ModelSpec& model) {
  std::vector<std::string> out;
  for (const auto& param : parameters(model)) {
    out.push_back(param.name);
  }
  return out;
}

TEST(Parameters, NamesAreLlamas) {
  const auto all = names(two_layers(NormPlacement::pre));
  EXPECT_EQ(all.front(), "model.embed_tokens.weight");
  EXPECT_EQ(all.back(), "model.norm.weight");
  EXPECT_THAT(all, ::testing::Contains("model.layers.1.self_attn.k_proj.bias"));
  EXPECT_THAT(all, ::testing::Not(::testing::Contains("lm_head.weight")));
  EXPECT_THAT(
      all, ::testing::Not(::testing::Contains("model.layers.0.pre_feedforward_layernorm.weight")));
}

TEST(Parameters, SandwichHasFourNorms) {
  EXPECT_THAT(names(two_layers(NormPlacement::sandwich)),
              ::testing::IsSupersetOf({"model.layers.0.pre_feedforward_layernorm.weight",
                                       "model.layers.0.post_feedforward_layernorm.weight"}));
}

TEST(Parameters, TheMixersNormMayBeMissing) {
  const auto all = names(two_layers(NormPlacement::ffn_pre));
  EXPECT_THAT(all, ::testing::Contains("model.layers.0.post_attention_layernorm.weight"));
  EXPECT_THAT(all, ::testing::Not(::testing::Contains("model.layers.0.input_layernorm.weight")));
}

TEST(Parameters, FfnSandwichHasThreeNorms) {
  const auto all = names(two_layers(NormPlacement::ffn_sandwich));
  EXPECT_THAT(all, ::testing::Contains("model.layers.0.post_feedforward_layernorm.weight"));
  EXPECT_THAT(
      all, ::testing::Not(::testing::Contains("model.layers.0.pre_feedforward_layernorm.weight")));
}

TEST(Parameters, UntiedHeadIsALinear) {
  auto model = two_layers(NormPlacement::pre);
  model.tied_head = false;
  const auto head = parameters(model).back();
  EXPECT_EQ(head.name, head_weight_name(model));
  EXPECT_TRUE(head.is_linear);
  EXPECT_EQ(head.numel(), 40);
}

TEST(Parameters, RulesReplaceTheInitialisation) {
  auto model = two_layers(NormPlacement::pre);
  model.init = {.std = 0.3, .cutoff = 2};
  model.pad_token_id = 4;
  model.init_rules = {{"q_proj", {.std = 0.1}}, {"q_proj.bias", {.constant = 5}}};
  model.float32_parts = {"k_proj"};
  model.float32_or_bfloat16_parts = {"k_proj", "v_proj"};
  const auto all = parameters(model);
  const auto of = [&](const std::string& name) {
    return *std::ranges::find(all, name, &ParamSpec::name);
  };
  EXPECT_EQ(of("model.embed_tokens.weight").init, (Init{.std = 0.3, .cutoff = 2, .zero_row = 4}));
  EXPECT_EQ(of("model.layers.1.mlp.up_proj.weight").init, model.init);
  EXPECT_EQ(of("model.layers.1.self_attn.q_proj.weight").init, Init{.std = 0.1});
  EXPECT_EQ(of("model.layers.1.self_attn.q_proj.bias").init, Init{.constant = 5});
  EXPECT_EQ(of("model.layers.1.self_attn.k_proj.bias").init, Init{});
  EXPECT_EQ(of("model.norm.weight").init, Init{.constant = 1});
  EXPECT_EQ(of("model.layers.0.self_attn.k_proj.bias").rounding, Rounding::none);
  EXPECT_EQ(of("model.layers.0.self_attn.v_proj.weight").rounding, Rounding::bfloat16);
  EXPECT_EQ(of("model.layers.0.self_attn.q_proj.weight").rounding, Rounding::any);
}

TEST(Parameters, CountsAreSums) {
  // embedding 40; a layer: q 4x4+4, k and v 2x4+2 each, o 4x4, gate and up 6x4, down 4x6, two norms
  // of 4; last norm 4
  EXPECT_EQ(num_parameters(two_layers(NormPlacement::pre)),
            40 + 2 * (20 + 10 + 10 + 16 + 72 + 8) + 4);
}

TEST(Parameters, LatentAttentionHasDeepSeeksNames) {
  auto model = two_layers(NormPlacement::pre);
  const Mla mla{.heads = 2,
                .q_lora_rank = 3,
                .kv_lora_rank = 5,
                .nope_dim = 2,
                .rope_dim = 4,
                .value_dim = 3,
                .bias = true};
  model.layers.assign(1, {.mixer = mla, .ffn = Mlp{.inner = 6}});
  const auto all = names(model);
  EXPECT_THAT(all, ::testing::IsSupersetOf({"model.layers.0.self_attn.q_a_proj.bias",
                                            "model.layers.0.self_attn.q_a_layernorm.weight",
                                            "model.layers.0.self_attn.q_b_proj.weight",
                                            "model.layers.0.self_attn.kv_a_layernorm.weight"}));
  // q: 3x4+3, 3, 12x3; kv: 9x4+9, 5, 10x5; o: 4x6+4
  const std::int64_t attention = 15 + 3 + 36 + 45 + 5 + 50 + 28;
  EXPECT_EQ(num_parameters(model), 40 + attention + 72 + 8 + 4);
  const double weights = 12 + 36 + 36 + 50 + 24 + 72;
  const double head = 10 * 4;
  EXPECT_DOUBLE_EQ(forward_flops(model, {3}, 3), 2 * (weights + head) * 3 + 2 * 2 * (6 + 3) * 6);
  std::get<Mla>(model.layers[0].mixer).q_lora_rank.reset();
  EXPECT_THAT(names(model), ::testing::Contains("model.layers.0.self_attn.q_proj.weight"));
}

TEST(ForwardFlops, CountsRealTokensAndCausalPairs) {
  auto model = two_layers(NormPlacement::pre);
  const double linears = 2 * (16 + 8 + 8 + 16) + 72;  // weights that all tokens meet
  const double labelled = 72 + 10 * 4;                // the last feed-forward and the head
  const double pairs = 3 * 4 / 2 + 1;                 // documents of 3 and 1
  const double expected = 2 * linears * 4 + 2 * 4 * 4 * pairs + 2 * labelled * 2;
  EXPECT_DOUBLE_EQ(forward_flops(model, {3, 1}, 2), expected);
  for (auto& layer : model.layers) {
    std::get<Gqa>(layer.mixer).window = 2;  // the document of 3 scores 5 pairs instead of 6
  }
  EXPECT_DOUBLE_EQ(forward_flops(model, {3, 1}, 2), expected - 2 * 4 * 4);
}

ModelSpec routed() {
  auto model = two_layers(NormPlacement::pre);
  model.layers[1].ffn = Moe{.experts = 3,
                            .per_token = 2,
                            .inner = 5,
                            .bias = true,
                            .router = {.correction = true, .bias = true},
                            .shared = SharedExperts{.mlp = {.inner = 7}, .gated = true}};
  return model;
}

TEST(Parameters, ExpertsAreStacked) {
  const auto all = parameters(routed());
  const auto find = [&](const std::string& name) {
    return *std::ranges::find(all, "model.layers.1.mlp." + name, &ParamSpec::name);
  };
  EXPECT_THAT(find("experts.down_proj.weight").shape, ::testing::ElementsAre(3, 4, 5));
  EXPECT_THAT(find("experts.up_proj.bias").shape, ::testing::ElementsAre(3, 5));
  EXPECT_EQ(find("experts.gate_proj.weight").role, Role::experts);
  EXPECT_EQ(to_string(find("gate.weight").role), "router");
  EXPECT_EQ(find("gate.bias").numel(), 3);
  EXPECT_TRUE(find("gate.e_score_correction_bias").is_buffer);
  EXPECT_EQ(to_string(find("shared_experts.up_proj.weight").role), "shared_experts");
  EXPECT_EQ(find("shared_expert_gate.weight").numel(), 4);
}

TEST(Parameters, CorrectionsAreWholeWhereTrainingMovesThem) {
  auto model = routed();
  const auto correction = [&] {
    const auto all = parameters(model);
    return *std::ranges::find(all, "model.layers.1.mlp.gate.e_score_correction_bias",
                              &ParamSpec::name);
  };
  EXPECT_TRUE(correction().is_stepped) << "another part of the training may move them";
  EXPECT_EQ(correction().rounding, Rounding::any);
  EXPECT_EQ(moe_of(model.layers[0]), nullptr);
  moe_of(model.layers[1])->training.correction_step = 0.001;
  EXPECT_TRUE(correction().is_stepped);
  EXPECT_EQ(correction().rounding, Rounding::none);
  moe_of(model.layers[1])->training = {.float32_correction = true};
  EXPECT_EQ(correction().rounding, Rounding::none);
}

TEST(Parameters, TheExpertsBesideADenseFeedForwardAreFound) {
  const Layer layer{.ffn = MlpBesideMoe{.moe = {.experts = 5}}};
  EXPECT_EQ(moe_of(layer)->experts, 5);
}

TEST(Parameters, BorrowingLayersHaveNoKeys) {
  ModelSpec model{.vocab_size = 10, .dim = 8};
  const Gqa gqa{.heads = 2, .kv_heads = 1, .head_dim = 4, .head_norm = HeadNorm{}};
  model.layers = {{.mixer = gqa, .ffn = Mlp{.inner = 6}}, {.mixer = gqa, .ffn = Mlp{.inner = 6}}};
  const auto all = parameters(model).size();
  std::get<Gqa>(model.layers[0].mixer).keys_as_values = true;
  EXPECT_EQ(parameters(model).size(), all - 1);
  std::get<Gqa>(model.layers[1].mixer).kv_layer = 0;
  EXPECT_EQ(parameters(model).size(), all - 4);
}

TEST(Parameters, OfLayerInputsAndScalars) {
  ModelSpec model{.vocab_size = 10, .dim = 8};
  model.layer_inputs = LayerInputs{.vocab_size = 9, .dim = 5, .norm = {}};
  const Layer layer{.mixer = Gqa{.heads = 2, .kv_heads = 1, .head_dim = 4},
                    .ffn = Mlp{.inner = 6},
                    .input = LayerInput{.dim = 5},
                    .has_scalar = true};
  model.layers = {layer, layer};
  const auto params = parameters(model);
  const auto shape = [&](const std::string& name) {
    return std::ranges::find(params, name, &ParamSpec::name)->shape;
  };
  EXPECT_EQ(shape("model.embed_tokens_per_layer.weight"), (std::vector<std::int64_t>{9, 10}));
  EXPECT_EQ(shape("model.per_layer_model_projection.weight"), (std::vector<std::int64_t>{10, 8}));
  EXPECT_EQ(shape("model.layers.1.per_layer_projection.weight"), (std::vector<std::int64_t>{8, 5}));
  EXPECT_TRUE(
      std::ranges::find(params, "model.layers.1.layer_scalar", &ParamSpec::name)->is_buffer);
}

TEST(Lender, IsTheLayerWhoseKeysAreTaken) {
  EXPECT_EQ(lender({.mixer = Gqa{.kv_layer = 3}}), 3);
  EXPECT_FALSE(lender({.mixer = Gqa{}}));
  EXPECT_FALSE(lender({.mixer = Mla{}}));
}

TEST(ForwardFlops, CountsTheChosenExperts) {
  const double expert = 3 * 4 * 5;
  const double rest = 3 * 4 + 3 * 4 * 7 + 4;  // router, shared experts and their gate
  const auto dense = forward_flops(two_layers(NormPlacement::pre), {4}, 4);
  EXPECT_DOUBLE_EQ(forward_flops(routed(), {4}, 4),
                   dense + 2 * 4 * (2 * expert + rest - 3 * 4 * 6));
  const double behind_router = 2 * expert + rest - 3 * 4;
  EXPECT_DOUBLE_EQ(forward_flops(routed(), {4}, 4) - forward_flops(routed(), {4}, 1),
                   2 * 3 * (behind_router + 10 * 4))
      << "every token is routed, labelled ones meet experts";
  EXPECT_EQ(num_parameters(routed()) - num_active_parameters(routed()), 3 * 4 * 5 + 5 + 5 + 4);
}

TEST(Parameters, AClassifierHasAScoreForAHead) {
  auto model = two_layers(NormPlacement::pre);
  model.logit_scale = 2;
  model.logit_softcap = 30;
  model.head_bias = true;
  model.head_transform = HeadTransform{};
  const auto classifier = as_classifier(model, 3);
  EXPECT_EQ(names(classifier).back(), "score.weight");
  EXPECT_EQ(parameters(classifier).back().shape, (std::vector<std::int64_t>{3, 4}));
  EXPECT_FALSE(parameters(classifier).back().is_linear) << "it gets no adapter";
  EXPECT_EQ(classifier.logit_scale, 1);
  EXPECT_FALSE(classifier.logit_softcap || classifier.head_transform);
  EXPECT_EQ(classifier.head_rows(), 3);
  EXPECT_EQ(model.head_rows(), 10);
  EXPECT_EQ(forward_flops(classifier, {1}, 1) - forward_flops(classifier, {1}, 0),
            2 * (3 * 4 + 72));
}

}  // namespace
}  // namespace automodel::spec
