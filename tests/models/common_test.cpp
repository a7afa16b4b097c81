#include "models/common.h"

#include <gmock/gmock.h>

#include "base/error.h"

namespace automodel::models {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

spec::Rope read_rope(const char* text, const Defaults& defaults = {}) {
  const Json config = parse_json(text, "t");
  return rope(ConfigReader(config, "t"), 16, defaults);
}

TEST(Rope, YarnInfersItsAttentionFactor) {
  const auto rope =
      read_rope(R"({"max_position_embeddings": 128, "rope_parameters": {"rope_type": "yarn",
      "rope_theta": 100.0, "factor": 4.0, "original_max_position_embeddings": 32}})");
  EXPECT_EQ(rope.theta, 100);
  EXPECT_NEAR(std::get<spec::YarnScaling>(rope.scaling).attention_factor, 0.1 * std::log(4.0) + 1,
              1e-12);
}

TEST(Rope, AnAttentionFactorOfYarnCountsBeforeItsScales) {
  const auto rope =
      read_rope(R"({"max_position_embeddings": 128, "rope_parameters": {"rope_type": "yarn",
      "factor": 4.0, "attention_factor": 1.3, "mscale": 0.7, "mscale_all_dim": 0.5}})");
  EXPECT_EQ(std::get<spec::YarnScaling>(rope.scaling).attention_factor, 1.3);
}

TEST(Rope, ThatItWasFinetunedChangesNothing) {
  EXPECT_EQ(read_rope(R"({"rope_scaling": {"type": "linear", "factor": 2.0, "finetuned": true}})"),
            read_rope(R"({"rope_scaling": {"type": "linear", "factor": 2.0}})"));
}

/// A factor of vLLM's, in DeepSeek-R1-0528-Qwen3-8B: Transformers warns of it and does not read it.
TEST(Rope, AnAttnFactorOfYarnChangesNothing) {
  constexpr auto* kYarn = R"({{"max_position_embeddings": 131072, "rope_scaling": {{
      "rope_type": "{}", "factor": 4.0, "original_max_position_embeddings": 32768{}}}}})";
  constexpr auto* kFactor = R"(, "attn_factor": 0.8782488562869419)";
  EXPECT_EQ(read_rope(fmt::format(kYarn, "yarn", kFactor).c_str()),
            read_rope(fmt::format(kYarn, "yarn", "").c_str()));
  EXPECT_THAT([&] { read_rope(fmt::format(kYarn, "dynamic", kFactor).c_str()); },
              ThrowsMessage<Error>(HasSubstr("attn_factor = 0.878")));
}

TEST(Rope, PartialAndLegacyNames) {
  const auto rope = read_rope(
      R"({"rope_theta": 7.0, "rope_scaling": {"type": "linear", "factor": 2.0, "partial_rotary_factor": 0.5}})",
      {.partial_rotary = 1});
  EXPECT_EQ(rope.dim, 8);
  EXPECT_EQ(rope.theta, 7);
  EXPECT_EQ(std::get<spec::LinearScaling>(rope.scaling).factor, 2);
}

TEST(Rope, PositionsBeforeScalingCountBesideTheObject) {
  const auto rope =
      read_rope(R"({"max_position_embeddings": 128, "original_max_position_embeddings": 16,
      "rope_parameters": {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 32}})");
  EXPECT_EQ(std::get<spec::YarnScaling>(rope.scaling).original_positions, 16);
}

TEST(Rope, AnUnknownKeyInsideIsAnError) {
  EXPECT_THAT(
      [] { read_rope(R"({"rope_scaling": {"rope_type": "linear", "factor": 2.0, "twist": 3}})"); },
      ThrowsMessage<Error>(HasSubstr("twist = 3")));
}

TEST(SlidingLayers, CountsMustAgree) {
  const Json config =
      parse_json(R"({"num_hidden_layers": 3, "layer_types": ["full_attention"]})", "t");
  EXPECT_THAT([&] { sliding_layers(ConfigReader(config, "t"), nullptr); },
              ThrowsMessage<Error>(HasSubstr("layer_types has 1 entries for 3 layers")));
  const Json huge = parse_json(R"({"num_hidden_layers": 1000000000})", "t");
  EXPECT_THAT([&] { sliding_layers(ConfigReader(huge, "t"), nullptr); },
              ThrowsMessage<Error>(HasSubstr("expected 1 to 10000")));
}

TEST(DecoderDefaults, ANegativePaddingTokenCountsFromTheEnd) {
  const Json config = {{"vocab_size", 10}, {"hidden_size", 4}, {"pad_token_id", -1}};
  EXPECT_EQ(decoder_defaults(ConfigReader(config, "c")).pad_token_id, 9);
}

TEST(DecoderDefaults, APaddingTokenIsInTheVocabulary) {
  const Json config = {{"vocab_size", 10}, {"hidden_size", 4}, {"pad_token_id", 10}};
  EXPECT_THAT([&] { decoder_defaults(ConfigReader(config, "c")); },
              ThrowsMessage<Error>(HasSubstr("pad_token_id is 10, but the vocabulary has 10")));
  EXPECT_EQ(decoder_defaults(ConfigReader(config, "c"), {.freezes_pad = false}).pad_token_id,
            std::nullopt);
}

TEST(SmallerWithDepth, DividesByTheRootOfTheBranches) {
  spec::ModelSpec model{.layers = std::vector<spec::Layer>(8), .init = {.std = 0.4, .cutoff = 3}};
  const auto rules = smaller_with_depth(model);
  ASSERT_EQ(rules.size(), 2);
  EXPECT_EQ(rules[0], (spec::InitRule{"self_attn.o_proj.weight", {.std = 0.1, .cutoff = 3}}));
  EXPECT_EQ(rules[1].part, "mlp.down_proj.weight");
}

TEST(WindowOf, ASlidingLayerNeedsANumber) {
  const Json config = {{"sliding_window", nullptr}};
  const ConfigReader reader(config, "c");
  EXPECT_EQ(window_of(reader, false), std::nullopt);
  EXPECT_THAT([&] { window_of(reader, true); },
              ThrowsMessage<Error>(HasSubstr("'sliding_window' is null")));
  const Json silent = Json::object();
  EXPECT_EQ(window_of(ConfigReader(silent, "c"), true, 7), 7);
}

TEST(PerLayer, OneEntryForEachLayer) {
  const Json config = {{"num_hidden_layers", 2}};
  const ConfigReader reader(config, "c");
  check_per_layer(reader, "kinds", 2);
  EXPECT_THAT([&] { check_per_layer(reader, "kinds", 3); },
              ThrowsMessage<Error>(HasSubstr("c: kinds has 3 entries for 2 layers")));
}

}  // namespace
}  // namespace automodel::models
