#include "models/gemma4.h"

#include <gmock/gmock.h>

#include "models/registry.h"
#include "tests/models/error_of.h"

namespace automodel::models {
namespace {

using ::testing::HasSubstr;

Json small() {
  return parse_json(
      R"({"model_type": "gemma4_text", "vocab_size": 100, "hidden_size": 64, "head_dim": 16,
          "intermediate_size": 128, "num_hidden_layers": 3, "num_attention_heads": 4,
          "num_key_value_heads": 2, "max_position_embeddings": 64,
          "layer_types": ["sliding_attention", "full_attention", "sliding_attention"],
          "per_layer_config": {"01": {"head_dim": 32}, "2": {"head_dim": 32}},
          "vocab_size_per_layer_input": 100, "hidden_size_per_layer_input": 8})",
      "test");
}

Json with(const std::string& key, const Json& value) {
  auto config = small();
  config[key] = value;
  return config;
}

const spec::Gqa& attention(const spec::ModelSpec& model, std::size_t layer) {
  return std::get<spec::Gqa>(model.layers[layer].mixer);
}

TEST(Gemma4, HeadsAndRopeGoByLayer) {
  const auto model = read_spec(small(), "c");
  EXPECT_EQ(attention(model, 0).head_dim, 16);
  EXPECT_EQ(attention(model, 0).rope, (spec::Rope{.theta = 1e4, .dim = 16}));
  EXPECT_EQ(attention(model, 1).head_dim, 32);
  EXPECT_EQ(
      attention(model, 1).rope,
      (spec::Rope{.theta = 1e6, .dim = 32, .scaling = spec::ProportionalScaling{.turned = 8}}));
  EXPECT_FALSE(attention(model, 2).window) << "the last layer sees everything";
}

TEST(Gemma4, OlderKeysOfFullLayers) {
  auto config = with("global_head_dim", 24);
  config.erase("per_layer_config");
  config["num_global_key_value_heads"] = 1;
  EXPECT_EQ(attention(read_spec(config, "c"), 1).head_dim, 24);
  EXPECT_EQ(attention(read_spec(config, "c"), 1).kv_heads, 2);
  config["attention_k_eq_v"] = true;
  EXPECT_EQ(attention(read_spec(config, "c"), 1).kv_heads, 1);
  EXPECT_TRUE(attention(read_spec(config, "c"), 1).keys_as_values);
  EXPECT_FALSE(attention(read_spec(config, "c"), 0).keys_as_values);
}

TEST(Gemma4, BorrowingLayersMayBeTwiceAsWide) {
  auto config = with("num_kv_shared_layers", 1);
  config["use_double_wide_mlp"] = true;
  const auto model = read_spec(config, "c");
  EXPECT_EQ(attention(model, 2).kv_layer, 1);
  EXPECT_EQ(std::get<spec::Mlp>(model.layers[1].ffn).inner, 128);
  EXPECT_EQ(std::get<spec::Mlp>(model.layers[2].ffn).inner, 256);
}

TEST(Gemma4, RefusesWhatItLacks) {
  EXPECT_EQ(error_of(small()), "no error");
  EXPECT_THAT(error_of(with("use_bidirectional_attention", "all")),
              HasSubstr("supported: null, vision"));
  EXPECT_THAT(error_of(with("per_layer_config", {{"1", {{"sliding_window", 3}}}})),
              HasSubstr("sliding_window = 3"));
  EXPECT_THAT(error_of(with("per_layer_config", {{"1", {{"num_key_value_heads", 3}}}})),
              HasSubstr("layer 1 has 4 heads of 16 and 3 key heads"));
  EXPECT_THAT(error_of(with("vocab_size_per_layer_input", 99)),
              HasSubstr("8 wide for 99 tokens, expected at least 1 for 100"));
}

}  // namespace
}  // namespace automodel::models
