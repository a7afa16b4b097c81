#include "models/shrink.h"

#include <gtest/gtest.h>

#include "models/default_configs.h"
#include "models/registry.h"
#include "spec/parameters.h"

namespace automodel::models {
namespace {

TEST(ShrinkConfig, EveryTypeStaysAModel) {
  for (auto [type, config] : default_configs()) {
    config["model_type"] = type;
    try {
      const auto spec = read_spec(shrink_config(config), type);
      EXPECT_LE(spec.layers.size(), 4U) << type;
      EXPECT_LE(spec.vocab_size, 512) << type;
      EXPECT_LT(spec::num_parameters(spec), 3'000'000) << type;
    } catch (const std::exception& error) {
      ADD_FAILURE() << type << ": " << error.what();
    }
  }
}

TEST(ShrinkConfig, SmallerSizesStay) {
  const Json config = {{"num_hidden_layers", 2},
                       {"hidden_size", 32},
                       {"eos_token_id", {600, 3}},
                       {"layer_types", {"a", "b"}},
                       {"rope_theta", 5e5}};
  Json wanted = config;
  wanted["eos_token_id"] = {88, 3};
  EXPECT_EQ(shrink_config(config), wanted);
}

TEST(ShrinkConfig, ListsOfLayersAreCutAndHeadsStayAlike) {
  const Json config = {{"num_hidden_layers", 6},
                       {"num_attention_heads", 32},
                       {"num_key_value_heads", 32},
                       {"layer_types", {1, 2, 3, 4, 5, 6}}};
  const Json small = shrink_config(config);
  EXPECT_EQ(small["layer_types"], Json({1, 2, 3, 4}));
  EXPECT_EQ(small["num_key_value_heads"], 4);
  const Json few = {{"num_attention_heads", 2}, {"num_key_value_heads", 2}};
  EXPECT_EQ(shrink_config(few), few);
}

TEST(TypeOfName, ByTheLookOfIt) {
  for (const auto& [name, type] : std::vector<std::pair<std::string, std::string>>{
           {"meta-llama/Llama-3.2-1B", "llama"},
           {"Qwen/Qwen2.5-3B-Instruct", "qwen2"},
           {"Qwen/Qwen3-30B-A3B", "qwen3_moe"},
           {"Qwen/Qwen3-8B", "qwen3"},
           {"openai/gpt-oss-20b", "gpt_oss"},
           {"moonshotai/Moonlight-16B-A3B", "deepseek_v3"},
           {"deepseek-ai/DeepSeek-V3", "deepseek_v3"},
           {"HuggingFaceTB/SmolLM2-135M", "llama"},
           {"mistralai/Mixtral-8x7B-v0.1", "mixtral"},
           {"org/unknown", ""}}) {
    EXPECT_EQ(type_of_name(name), type) << name;
  }
}

}  // namespace
}  // namespace automodel::models
