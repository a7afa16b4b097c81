// What families with experts refuse. That they are right otherwise is proven by tests/parity.

#include <gmock/gmock.h>

#include <algorithm>

#include "models/family.h"
#include "models/registry.h"
#include "tests/models/error_of.h"

namespace automodel::models {
namespace {

using ::testing::HasSubstr;

Json small(const std::string& type) {
  auto config = parse_json(
      R"({"vocab_size": 100, "hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2,
          "num_attention_heads": 4, "num_key_value_heads": 2, "moe_intermediate_size": 16,
          "num_experts": 8, "num_experts_per_tok": 2, "max_position_embeddings": 64})",
      "test");
  config["model_type"] = type;
  return config;
}

std::string error_with(const std::string& type, const std::string& key, const Json& value) {
  auto config = small(type);
  config[key] = value;
  return error_of(config);
}

TEST(RoutedFamilies, CohereRefusesUnknownScoresAndJoins) {
  EXPECT_THAT(error_with("cohere2_moe", "expert_selection_fn", "topk"),
              HasSubstr("supported: softmax, sigmoid"));
  EXPECT_THAT(error_with("cohere2_moe", "shared_expert_combination_strategy", "max"),
              HasSubstr("supported: average, sum"));
}

/// Tensors behind the last layer that published files hold and Transformers ignores when it loads
/// them (_keys_to_ignore_on_load_unexpected).
TEST(RoutedFamilies, LayersThatPredictFurtherTokensAreLeftOut) {
  const auto ignores = [](const std::string& type, const std::string& weight) {
    const auto all = families();
    const auto found = std::ranges::find(all, type, &Family::model_type);
    spec::ModelSpec model;
    model.layers.resize(46);
    return spec::has_any_part(weight, found->names(model).ignored);
  };
  for (const char* type : {"deepseek_v3", "glm4_moe", "glm4_moe_lite", "hy_v3"}) {
    EXPECT_TRUE(ignores(type, "model.layers.46.eh_proj.weight")) << type;
    EXPECT_FALSE(ignores(type, "model.layers.4.eh_proj.weight")) << type;
  }
  EXPECT_TRUE(ignores("ernie4_5_moe", "model.mtp_block.0.mlp.up_proj.weight"));
  EXPECT_TRUE(ignores("ernie4_5_moe", "model.mtp_emb_norm.0.weight"));
  EXPECT_TRUE(ignores("exaone_moe", "mtp.norm.weight"));
  EXPECT_TRUE(ignores("mellum", "mtp.norm.weight"));
  EXPECT_FALSE(ignores("qwen3_moe", "mtp.norm.weight"));
}

TEST(RoutedFamilies, LagunaRefusesUnknownGatesAndHeadCounts) {
  EXPECT_EQ(error_with("laguna", "gating", "per-element"), "no error");
  EXPECT_THAT(error_with("laguna", "gating", "per-token"), HasSubstr("supported: true, per-head"));
  EXPECT_THAT(error_with("laguna", "gating", false), HasSubstr("supported: true, per-head"));
  EXPECT_THAT(error_with("laguna", "moe_apply_router_weight_on_input", true),
              HasSubstr("supported: false"));
  EXPECT_THAT(error_with("laguna", "num_attention_heads_per_layer", {4}),
              HasSubstr("has 1 entries for 2 layers"));
  EXPECT_THAT(error_with("laguna", "num_attention_heads_per_layer", {4, 3}),
              HasSubstr("layer 1 has 3 heads"));
}

TEST(RoutedFamilies, HunyuanChoosesByLayer) {
  EXPECT_THAT(error_with("hunyuan_v1_moe", "moe_topk", {1}), HasSubstr("1 entries for 2 layers"));
  EXPECT_THAT(error_with("hunyuan_v1_moe", "moe_topk", {1, 9}),
              HasSubstr("moe_topk is 9 in layer 1, expected 1 to 8"));
  auto config = small("hunyuan_v1_moe");
  config.erase("num_experts_per_tok");
  config.erase("moe_intermediate_size");
  config["moe_topk"] = {1, 3};
  EXPECT_EQ(std::get<spec::Moe>(read_spec(config, "c").layers[1].ffn).per_token, 3);
}

TEST(RoutedFamilies, Llama4RefusesOtherKindsAndCounts) {
  EXPECT_THAT(error_with("llama4_text", "no_rope_layers", {1}),
              HasSubstr("no_rope_layers has 1 entries for 2 layers"));
  EXPECT_THAT(error_with("llama4_text", "layer_types", {"chunked_attention"}),
              HasSubstr("layer_types has 1 entries for 2 layers"));
  EXPECT_THAT(error_with("llama4_text", "layer_types", {"full_attention", "sliding_attention"}),
              HasSubstr("supported: full_attention, chunked_attention"));
}

/// A switch of layers that turn, or of those that do not, is known where there are none.
TEST(RoutedFamilies, Llama4KnowsItsSwitchesWhateverLayersTurn) {
  for (const int turns : {0, 1}) {
    auto config = small("llama4_text");
    config.erase("moe_intermediate_size");
    config.update({{"no_rope_layers", {turns, turns}},
                   {"attn_temperature_tuning", true},
                   {"use_qk_norm", true}});
    const auto attention = std::get<spec::Gqa>(read_spec(config, "c").layers[0].mixer);
    EXPECT_EQ(attention.head_norm.has_value(), turns == 1);
    EXPECT_EQ(attention.temperature.has_value(), turns == 0);
  }
}

TEST(RoutedFamilies, DbrxRefusesOtherNormsOfWeightsAndHeadCounts) {
  const Json config = parse_json(
      R"({"model_type": "dbrx", "vocab_size": 100, "d_model": 64, "n_heads": 4, "n_layers": 1,
          "attn_config": {"kv_n_heads": 2}, "ffn_config": {"moe_num_experts": 4}})",
      "test");
  EXPECT_EQ(error_of(config), "no error");
  auto wrong = config;
  wrong["attn_config"]["kv_n_heads"] = 3;
  EXPECT_THAT(error_of(wrong), HasSubstr("positive multiple of kv_n_heads 3"));
  wrong = config;
  wrong["ffn_config"]["moe_normalize_expert_weights"] = 2.0;
  EXPECT_THAT(error_of(wrong), HasSubstr("supported: 1, null"));
}

TEST(RoutedFamilies, TrainingNoiseIsRefused) {
  EXPECT_THAT(error_with("mixtral", "router_jitter_noise", 0.1),
              HasSubstr("router_jitter_noise = 0.1"));
}

}  // namespace
}  // namespace automodel::models
