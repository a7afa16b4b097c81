#include "models/common.h"
#include "models/family.h"
#include "models/gpt.h"

namespace automodel::models {
namespace {

/// For each layer, whether it sees a window only.
std::vector<bool> local_layers(const ConfigReader& c) {
  const auto count = static_cast<std::size_t>(layer_count(c));
  const auto kinds = c.texts("attention_layers");
  if (kinds.empty() && c.has("attention_types")) {
    c.refuse("attention_types", "attention_layers with one entry per layer");
  }
  if (!kinds.empty()) {
    check_per_layer(c, "attention_layers", kinds.size());
  }
  std::vector<bool> local(count);
  for (std::size_t i = 0; i < count; ++i) {
    if (!kinds.empty() && kinds[i] != "global" && kinds[i] != "local") {
      c.refuse("attention_layers", "global, local");
    }
    local[i] = kinds.empty() ? i % 2 == 1 : kinds[i] == "local";
  }
  return local;
}

spec::ModelSpec gpt_neo_spec(const ConfigReader& c) {
  auto model = gpt_defaults(c);
  model.positions = spec::LearnedPositions{.count = model.max_positions};
  auto attention = gqa(c);
  attention.out_bias = true;
  attention.scale = 1;
  const auto window = c.integer("window_size", 256);
  for (const bool local : local_layers(c)) {
    attention.window = local ? std::optional(window) : std::nullopt;
    model.layers.push_back(
        {.mixer = attention, .ffn = gpt_mlp(c, "gelu_new"), .norm = model.final_norm});
  }
  return model;
}

spec::WeightNames gpt_neo_names(const spec::ModelSpec&) {
  return gpt_names({{"self_attn.o_proj", "self_attn.out_proj"},
                    {"self_attn", "attn.attention"},
                    {"mlp.up_proj", "mlp.c_fc"},
                    {"mlp.down_proj", "mlp.c_proj"}});
}

}  // namespace

/// GPT-Neo: windows on every second layer, scores without a scale. Source: transformers
/// GPTNeoForCausalLM.
Family gpt_neo() {
  return {.model_type = "gpt_neo",
          .architectures = {"GPTNeoForCausalLM"},
          .ignored_keys = gpt_ignored_keys({"attention_types"}),
          .spec = gpt_neo_spec,
          .names = gpt_neo_names,
          .key_names = {{"num_hidden_layers", "num_layers"},
                        {"num_attention_heads", "num_heads"},
                        {"hidden_act", "activation_function"},
                        {"layer_norm_eps", "layer_norm_epsilon"}}};
}

}  // namespace automodel::models
