#include "train/parameter_names.h"

#include <gmock/gmock.h>

#include "models/registry.h"

namespace automodel::train {
namespace {

using ::testing::ElementsAre;

std::vector<std::string> found(const ParameterNames& names, const std::string& ours) {
  const auto [begin, end] = names.equal_range(ours);
  std::vector<std::string> out;
  for (auto i = begin; i != end; ++i) {
    out.push_back(i->second);
  }
  return out;
}

TEST(ParameterNames, AreThoseOfTransformers) {
  const Json config = {{"model_type", "gpt2"}, {"vocab_size", 100}, {"n_embd", 64},
                       {"n_layer", 2},         {"n_head", 8},       {"n_positions", 32}};
  const auto names = parameter_names(models::read_spec(config, "t"));
  const std::string layer = "model.layers.1.";
  EXPECT_THAT(found(names, layer + "input_layernorm.weight"),
              ElementsAre("transformer.h.1.ln_1.weight"));
  for (const std::string part : {"q", "k", "v"}) {
    const std::string prefix = layer + "self_attn." + part + "_proj";
    EXPECT_THAT(found(names, prefix + ".bias"), ElementsAre("transformer.h.1.attn.c_attn.bias"));
    EXPECT_THAT(found(names, prefix + ".lora_B.weight"),
                ElementsAre("transformer.h.1.attn.c_attn.lora_B.weight"));
  }
}

TEST(ParameterNames, AreThoseInMemory) {
  const Json config = {{"model_type", "qwen3_moe"},
                       {"vocab_size", 100},
                       {"hidden_size", 64},
                       {"num_hidden_layers", 1},
                       {"num_attention_heads", 4},
                       {"num_key_value_heads", 2},
                       {"head_dim", 16},
                       {"moe_intermediate_size", 32},
                       {"intermediate_size", 64},
                       {"num_experts", 4},
                       {"num_experts_per_tok", 2}};
  const auto names = parameter_names(models::read_spec(config, "t"));
  const std::string experts = "model.layers.0.mlp.experts.";
  EXPECT_THAT(found(names, experts + "gate_proj.weight"), ElementsAre(experts + "gate_up_proj"));
  EXPECT_THAT(found(names, experts + "down_proj.weight"), ElementsAre(experts + "down_proj"));
}

}  // namespace
}  // namespace automodel::train
