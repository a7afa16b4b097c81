#include <cmath>

#include "models/common.h"
#include "models/family.h"

namespace automodel::models {
namespace {

spec::ModelSpec gemma_defaults(const ConfigReader& c) {
  auto model = decoder_defaults(c, {.tied = true, .pad = 0});
  model.final_norm.weight_offset = 1;
  model.final_norm.gain_in_float32 = true;
  model.embedding_scale = std::sqrt(static_cast<double>(model.dim));
  if (c.flag("use_bidirectional_attention", false)) {
    c.refuse("use_bidirectional_attention", "false");
  }
  return model;
}

spec::Gqa gemma_attention(const ConfigReader& c) {
  auto attention = biased_gqa(c);
  attention.head_dim = c.integer("head_dim", 256);
  attention.scale = 1 / std::sqrt(static_cast<double>(attention.head_dim));
  attention.rope = rope(c, attention.head_dim);
  return attention;
}

/// Both dialects said "gelu" and meant the tanh form.
spec::Activation gemma_activation(const ConfigReader& c) {
  return c.text("hidden_act", "gelu") == "gelu" ? spec::Activation::gelu_tanh
                                                : activation(c, "hidden_act", "gelu");
}

spec::ModelSpec gemma_spec(const ConfigReader& c) {
  auto model = gemma_defaults(c);
  model.layers = uniform_layers(c, {.mixer = gemma_attention(c),
                                    .ffn = spec::Mlp{.inner = c.integer("intermediate_size"),
                                                     .activation = gemma_activation(c)},
                                    .norm = model.final_norm});
  return model;
}

spec::ModelSpec alternating(const ConfigReader& c, spec::NormPlacement placement) {
  auto model = gemma_defaults(c);
  model.logit_softcap = c.maybe_number("final_logit_softcapping", 30);
  auto attention = gemma_attention(c);
  attention.scale = 1 / std::sqrt(c.number("query_pre_attn_scalar", 256));
  attention.softcap = c.maybe_number("attn_logit_softcapping", 50);
  const spec::Mlp mlp{.inner = c.integer("intermediate_size"),
                      .activation = activation(c, "hidden_activation", "gelu_pytorch_tanh")};
  for (const bool sliding : sliding_layers(c, slides_but_each<2>)) {
    attention.window = window_of(c, sliding);
    model.layers.push_back(
        {.mixer = attention, .ffn = mlp, .norm = model.final_norm, .placement = placement});
  }
  return model;
}

spec::ModelSpec gemma2_spec(const ConfigReader& c) {
  return alternating(c, spec::NormPlacement::sandwich);
}

spec::ModelSpec vaultgemma_spec(const ConfigReader& c) {
  return alternating(c, spec::NormPlacement::pre);
}

spec::WeightNames vaultgemma_names(const spec::ModelSpec&) {
  return {.renames = {{"post_attention_layernorm", "pre_feedforward_layernorm"}}};
}

}  // namespace

/// Gemma: norms with (1 + weight), scaled embedding, GELU gate. Source: transformers
/// GemmaForCausalLM.
Family gemma() {
  return {.model_type = "gemma",
          .architectures = {"GemmaForCausalLM"},
          .ignored_keys = {"hidden_activation"},
          .spec = gemma_spec};
}

/// Gemma 2: sandwich norms, windows on every second layer, softcaps. Source: transformers
/// Gemma2ForCausalLM.
Family gemma2() {
  return {.model_type = "gemma2",
          .architectures = {"Gemma2ForCausalLM"},
          .ignored_keys = {"hidden_act", "sliding_window_size"},
          .spec = gemma2_spec};
}

/// VaultGemma: Gemma 2 without the norms after the branches. Source: transformers
/// VaultGemmaForCausalLM.
Family vaultgemma() {
  return {.model_type = "vaultgemma",
          .architectures = {"VaultGemmaForCausalLM"},
          .ignored_keys = {"hidden_act"},
          .spec = vaultgemma_spec,
          .names = vaultgemma_names};
}

}  // namespace automodel::models
