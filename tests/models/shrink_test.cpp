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
           {"microsoft/phi-4", "phi3"},
           {"microsoft/phi-2", "phi"},
           {"google/gemma-3-1b-it", "gemma3_text"},
           {"google/gemma-2-9b-it", "gemma2"},
           {"tiiuae/Falcon3-7B-Instruct", "llama"},
           {"tiiuae/falcon-7b", "falcon"},
           {"Qwen/Qwen3-235B-A22B", "qwen3_moe"},
           {"Qwen/Qwen1.5-MoE-A2.7B", "qwen2_moe"},
           {"zai-org/GLM-4.5-Air", "glm4_moe"},
           {"zai-org/GLM-4.7-Flash", "glm4_moe_lite"},
           {"zai-org/GLM-4-9B-0414", "glm4"},
           {"ibm-granite/granite-3.1-1b-a400m-base", "granitemoe"},
           {"nvidia/Llama-3.1-Nemotron-Nano-8B-v1", "llama"},
           {"nvidia/Nemotron-Mini-4B-Instruct", "nemotron"},
           {"baidu/ERNIE-4.5-21B-A3B-PT", "ernie4_5_moe"},
           {"org/unknown", ""}}) {
    EXPECT_EQ(type_of_name(name), type) << name;
  }
}

TEST(TypeOfName, AnUnsupportedTypeIsNotTakenForAnother) {
  for (const auto& [name, type] : std::vector<std::pair<std::string, std::string>>{
           {"zai-org/GLM-5", "glm_moe_dsa"},
           {"nvidia/NVIDIA-Nemotron-3-Nano-30B-A3B-BF16", "nemotron_h"},
           {"nvidia/NVIDIA-Nemotron-Nano-9B-v2", "nemotron_h"},
           {"mistralai/Mistral-Small-4-119B-2603", "mistral4"},
           {"tiiuae/Falcon-H1-1.5B-Deep-Instruct", "falcon_h1"},
           {"deepseek-ai/DeepSeek-V3.2", "deepseek_v32"},
           {"Qwen/Qwen3-Next-80B-A3B-Instruct", "qwen3_next"},
           {"Qwen/Qwen3.5-4B", "qwen3_5"},
           {"ibm-granite/granite-4.0-h-tiny", "granitemoehybrid"}}) {
    EXPECT_EQ(type_of_name(name), type) << name;
  }
}

}  // namespace
}  // namespace automodel::models
