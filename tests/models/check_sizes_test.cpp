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
  EXPECT_THAT(error_of(sized("max_position_embeddings", 1e30)), HasSubstr("an integer"));
  EXPECT_THAT(error_of(sized("max_position_embeddings", ~std::uint64_t{0})),
              HasSubstr("an integer"));
}

}  // namespace
}  // namespace automodel::models
