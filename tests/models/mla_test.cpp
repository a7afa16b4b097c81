#include "models/mla.h"

#include <gmock/gmock.h>

#include <cmath>

#include "base/error.h"

namespace automodel::models {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

spec::Mla read(const char* text) {
  const Json config = parse_json(text, "t");
  return mla(ConfigReader(config, "t"),
             {.kv_lora_rank = 5, .nope_dim = 6, .rope_dim = 10, .value_dim = 7});
}

TEST(Mla, ReadsSizesAndFallsBack) {
  const auto mla = read(R"({"num_attention_heads": 4, "q_lora_rank": 3, "v_head_dim": 9})");
  EXPECT_EQ(mla.q_lora_rank, 3);
  EXPECT_EQ(mla.value_dim, 9);
  EXPECT_EQ(mla.nope_dim, 6);
  EXPECT_EQ(mla.rope->dim, 10);
  EXPECT_DOUBLE_EQ(mla.scale, 0.25);
  EXPECT_EQ(read(R"({"num_attention_heads": 4, "q_lora_rank": null})").q_lora_rank, std::nullopt);
}

TEST(Mla, YarnsMscaleEntersTheSoftmaxScaleTwice) {
  const auto mla = read(R"({"num_attention_heads": 4, "rope_scaling": {"type": "yarn",
      "factor": 40, "mscale": 1.0, "mscale_all_dim": 0.5, "original_max_position_embeddings": 32}})");
  const double mscale = 0.1 * 0.5 * std::log(40) + 1;
  EXPECT_DOUBLE_EQ(mla.scale, 0.25 * mscale * mscale);
}

TEST(Mla, EveryQueryHeadHasItsKey) {
  EXPECT_THAT(
      [] { read(R"({"num_attention_heads": 4, "num_key_value_heads": 2})"); },
      ThrowsMessage<Error>(HasSubstr("num_key_value_heads is 2 and num_attention_heads 4")));
}

}  // namespace
}  // namespace automodel::models
