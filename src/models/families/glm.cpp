#include <cmath>

#include "models/common.h"
#include "models/family.h"

namespace automodel::models {
namespace {

spec::ModelSpec glm_model(const ConfigReader& c, spec::NormPlacement placement) {
  auto model = decoder_defaults(c, {.pad = 151329, .eps = 1.5625e-7});
  auto attention = gqa(c);
  attention.head_dim = c.integer("head_dim", 128);
  attention.scale = 1 / std::sqrt(static_cast<double>(attention.head_dim));
  attention.qkv_bias = c.flag("attention_bias", true);
  attention.rope = rope(c, attention.head_dim, {.partial_rotary = 0.5});
  attention.rope->interleaved = true;
  model.layers = uniform_layers(
      c,
      {.mixer = attention, .ffn = gated_mlp(c), .norm = model.final_norm, .placement = placement});
  return model;
}

spec::ModelSpec glm_spec(const ConfigReader& c) { return glm_model(c, spec::NormPlacement::pre); }

spec::ModelSpec glm4_spec(const ConfigReader& c) {
  return glm_model(c, spec::NormPlacement::sandwich);
}

spec::WeightNames glm_names(const spec::ModelSpec&) {
  return {.renames = {{"mlp.gate_proj", "mlp.gate_up_proj"}, {"mlp.up_proj", "mlp.gate_up_proj"}}};
}

spec::WeightNames glm4_names(const spec::ModelSpec& model) {
  auto names = glm_names(model);
  names.renames.push_back({"post_attention_layernorm", "post_self_attn_layernorm"});
  names.renames.push_back({"pre_feedforward_layernorm", "post_attention_layernorm"});
  names.renames.push_back({"post_feedforward_layernorm", "post_mlp_layernorm"});
  return names;
}

}  // namespace

/// GLM-4 (9B): interleaved RoPE on half of each head, gate and up fused. Source: transformers
/// GlmForCausalLM.
Family glm() {
  return {.model_type = "glm",
          .architectures = {"GlmForCausalLM"},
          .ignored_keys = {},
          .spec = glm_spec,
          .names = glm_names};
}

/// GLM-4-0414: GLM with sandwich norms. Source: transformers Glm4ForCausalLM.
Family glm4() {
  return {.model_type = "glm4",
          .architectures = {"Glm4ForCausalLM"},
          .ignored_keys = {},
          .spec = glm4_spec,
          .names = glm4_names};
}

}  // namespace automodel::models
