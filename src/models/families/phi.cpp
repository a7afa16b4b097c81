#include "models/common.h"
#include "models/family.h"

namespace automodel::models {
namespace {

spec::ModelSpec phi_spec(const ConfigReader& c) {
  auto model = layer_norm_defaults(c, {.eps = 1e-5, .eps_key = "layer_norm_eps"});
  model.head_bias = true;
  auto attention = gqa(c);
  attention.qkv_bias = attention.out_bias = true;
  attention.rope = rope(c, attention.head_dim, {.partial_rotary = 0.5});
  if (c.flag("qk_layernorm", false)) {
    attention.head_norm = spec::HeadNorm{.norm = model.final_norm};
  }
  auto mlp = plain_mlp(c, "gelu_new");
  mlp.bias = true;
  model.layers = uniform_layers(c, {.mixer = attention,
                                    .ffn = mlp,
                                    .norm = model.final_norm,
                                    .placement = spec::NormPlacement::parallel});
  return model;
}

spec::WeightNames phi_names(const spec::ModelSpec&) {
  return {.renames = {{"self_attn.o_proj", "self_attn.dense"},
                      {"mlp.up_proj", "mlp.fc1"},
                      {"mlp.down_proj", "mlp.fc2"},
                      {"self_attn.q_norm", "self_attn.q_layernorm"},
                      {"self_attn.k_norm", "self_attn.k_layernorm"},
                      {"model.norm", "model.final_layernorm"}}};
}

/// Transformers' class knows no others; what it calls yarn has the factors of longrope.
void check_phi3_rope(const ConfigReader& c) {
  const auto parameters = rope_object(c);
  const auto type = rope_type(parameters);
  const bool has_factors = parameters.has("short_factor") && parameters.has("long_factor");
  if (type != "default" && type != "longrope" && type != "su" && (type != "yarn" || !has_factors)) {
    parameters.refuse(parameters.has("rope_type") ? "rope_type" : "type",
                      "default, longrope with short_factor and long_factor");
  }
}

spec::ModelSpec phi3_spec(const ConfigReader& c) {
  c.expect("full_attn_mod", 1);
  c.expect("interpolate_factor", 1);
  check_phi3_rope(c);
  auto model = decoder_defaults(c, {.pad = 32000, .eps = 1e-5});
  auto attention = gqa(c);
  attention.rope = rope(c, attention.head_dim, {.partial_rotary = 1, .yarn_is_longrope = true});
  attention.window = c.maybe_integer("sliding_window");
  model.layers =
      uniform_layers(c, {.mixer = attention, .ffn = gated_mlp(c), .norm = model.final_norm});
  return model;
}

spec::WeightNames phi3_names(const spec::ModelSpec&) {
  return {.renames = {{"self_attn.q_proj", "self_attn.qkv_proj"},
                      {"self_attn.k_proj", "self_attn.qkv_proj"},
                      {"self_attn.v_proj", "self_attn.qkv_proj"},
                      {"mlp.gate_proj", "mlp.gate_up_proj"},
                      {"mlp.up_proj", "mlp.gate_up_proj"}}};
}

}  // namespace

/// Phi 1 to 2: attention and feed-forward in parallel, LayerNorm, biases everywhere. Source:
/// transformers PhiForCausalLM.
Family phi() {
  return {.model_type = "phi",
          .architectures = {"PhiForCausalLM"},
          .ignored_keys = {},
          .spec = phi_spec,
          .names = phi_names};
}

/// Phi 3 and 4: Llama with q, k, v and gate, up fused, long RoPE. Source: transformers
/// Phi3ForCausalLM.
Family phi3() {
  return {.model_type = "phi3",
          .architectures = {"Phi3ForCausalLM"},
          .ignored_keys = {"original_max_position_embeddings"},
          .spec = phi3_spec,
          .names = phi3_names};
}

}  // namespace automodel::models
