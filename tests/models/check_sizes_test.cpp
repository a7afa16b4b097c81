#include "models/check_sizes.h"

#include <gmock/gmock.h>

#include "tests/models/error_of.h"

namespace automodel::models {
namespace {

using ::testing::HasSubstr;

Json sized(const std::string& key, const Json& value) {
  Json config = {{"model_type", "mistral"},  {"vocab_size", 100},        {"hidden_size", 64},
                 {"intermediate_size", 128}, {"num_hidden_layers", 2},   {"num_attention_heads", 4},
                 {"num_key_value_heads", 2}, {"sliding_window", nullptr}};
  config[key] = value;
  return config;
}

TEST(CheckSizes, NamesWhatCannotBe) {
  EXPECT_EQ(error_of(sized("head_dim", 16)), "no error");
  EXPECT_THAT(error_of(sized("vocab_size", 0)),
              HasSubstr("model.embed_tokens.weight would have the shape [0, 64]"));
  EXPECT_THAT(error_of(sized("hidden_size", 1LL << 40)), HasSubstr("would have the shape"));
  EXPECT_THAT(error_of(sized("num_hidden_layers", 0)), HasSubstr("expected 1 to 10000"));
  EXPECT_THAT(error_of(sized("sliding_window", 0)),
              HasSubstr("the attention's window is 0; it must be at least 1, or null for none"));
  EXPECT_THAT(error_of(sized("rms_norm_eps", -1e-5)),
              HasSubstr("the norms' epsilon is -1e-05; it must not be negative"));
  EXPECT_THAT(error_of(sized("max_position_embeddings", 1e30)), HasSubstr("an integer"));
  EXPECT_THAT(error_of(sized("max_position_embeddings", ~std::uint64_t{0})),
              HasSubstr("an integer"));
}

TEST(CheckSizes, NamesARopeThatCannotTurn) {
  const auto error = [](const Json& rope) { return error_of(sized("rope_parameters", rope)); };
  const Json yarn = {{"rope_type", "yarn"}, {"factor", 4}, {"original_max_position_embeddings", 8}};
  EXPECT_EQ(error(yarn), "no error");
  EXPECT_THAT(error({{"rope_theta", 0}}), HasSubstr("theta of the RoPE is 0; it must be above 0"));
  EXPECT_THAT(error({{"rope_type", "linear"}, {"factor", -2}}),
              HasSubstr("the factor of the RoPE is -2; it must be above 0"));
  Json from_none = yarn;
  from_none["original_max_position_embeddings"] = 0;
  EXPECT_THAT(error(from_none), HasSubstr("original_max_position_embeddings of the RoPE is 0"));
}

}  // namespace
}  // namespace automodel::models
