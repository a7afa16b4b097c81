#include "models/common.h"
#include "models/family.h"

namespace automodel::models {
namespace {

spec::ModelSpec mistral_spec(const ConfigReader& c) {
  auto model = decoder_defaults(c);
  auto attention = gqa(c);
  attention.rope = rope(c, attention.head_dim);
  attention.window = c.maybe_integer("sliding_window");
  model.layers =
      uniform_layers(c, {.mixer = attention, .ffn = gated_mlp(c), .norm = model.final_norm});
  return model;
}

}  // namespace

/// Mistral 7B and its relatives: Llama with one sliding window for all layers (null: none).
/// Source: transformers MistralForCausalLM.
Family mistral() {
  return {.model_type = "mistral",
          .architectures = {"MistralForCausalLM"},
          .ignored_keys = {},
          .spec = mistral_spec};
}

}  // namespace automodel::models
