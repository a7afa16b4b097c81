#include "models/common.h"
#include "models/family.h"

namespace automodel::models {
namespace {

spec::ModelSpec llama_spec(const ConfigReader& c) {
  auto model = decoder_defaults(c);
  auto attention = biased_gqa(c);
  attention.rope = rope(c, attention.head_dim);
  c.expect("rope_interleaved", false);
  c.expect("activation", "swiglu");  // Falcon 3's files name the feed-forward so
  auto mlp = gated_mlp(c);
  mlp.bias = c.flag("mlp_bias", false);
  model.layers = uniform_layers(c, {.mixer = attention, .ffn = mlp, .norm = model.final_norm});
  return model;
}

}  // namespace

/// Llama 1 to 3.x, SmolLM2 and their many copies. Source: transformers LlamaForCausalLM.
Family llama() {
  return {.model_type = "llama",
          .architectures = {"LlamaForCausalLM"},
          .ignored_keys = {},
          .spec = llama_spec};
}

}  // namespace automodel::models
