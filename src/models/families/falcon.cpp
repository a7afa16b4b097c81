#include "models/common.h"
#include "models/family.h"
#include "models/gpt.h"

namespace automodel::models {
namespace {

/// `grouped`: the architecture of Falcon 40B and later, several heads to one of keys and values.
spec::NormPlacement falcon_placement(const ConfigReader& c, bool grouped) {
  const bool parallel = c.flag("parallel_attn", true);
  const auto norms = c.integer("num_ln_in_parallel_attn", grouped ? 2 : 1);
  if (norms != 1 && (norms != 2 || !grouped)) {
    c.refuse("num_ln_in_parallel_attn", "1; 2 with new_decoder_architecture");
  }
  if (!parallel && grouped) {
    c.refuse("parallel_attn", "true with new_decoder_architecture");
  }
  if (!parallel) {
    return spec::NormPlacement::pre;
  }
  return norms == 2 ? spec::NormPlacement::parallel_two : spec::NormPlacement::parallel;
}

spec::Gqa falcon_attention(const ConfigReader& c, bool grouped) {
  auto attention = gqa(c);
  attention.qkv_bias = attention.out_bias = c.flag("bias", false);
  if (!grouped) {
    attention.kv_heads = c.flag("multi_query", true) ? 1 : attention.heads;
  }
  if (c.flag("alibi", false)) {
    attention.alibi = spec::Alibi{.scale = attention.scale, .in_bfloat16 = true};
  } else {
    attention.rope = rope(c, attention.head_dim);
  }
  return attention;
}

spec::ModelSpec falcon_spec(const ConfigReader& c) {
  auto model = gpt_defaults(c);
  const bool grouped = c.flag("new_decoder_architecture", false);
  auto mlp = gpt_mlp(c, "gelu");
  mlp.bias = c.flag("bias", false);
  model.layers = uniform_layers(c, {.mixer = falcon_attention(c, grouped),
                                    .ffn = mlp,
                                    .norm = model.final_norm,
                                    .placement = falcon_placement(c, grouped)});
  return model;
}

spec::WeightNames falcon_names(const spec::ModelSpec& model) {
  const auto& layer = model.layers.front();
  spec::WeightNames names{
      .renames = {{"model.embed_tokens", "transformer.word_embeddings"},
                  {"model.norm", "transformer.ln_f"},
                  {"model.layers", "transformer.h"},
                  {"self_attn.q_proj", "self_attention.query_key_value"},
                  {"self_attn.k_proj", "self_attention.query_key_value"},
                  {"self_attn.v_proj", "self_attention.query_key_value"},
                  {"self_attn.o_proj", "self_attention.dense"},
                  {"mlp.up_proj", "mlp.dense_h_to_4h"},
                  {"mlp.down_proj", "mlp.dense_4h_to_h"}},
      .groups = {{"query_key_value", std::get<spec::Gqa>(layer.mixer).kv_heads}},
      .body_prefix = "transformer."};
  if (layer.placement == spec::NormPlacement::parallel_two) {
    names.renames.push_back({"input_layernorm", "ln_attn"});
    names.renames.push_back({"post_attention_layernorm", "ln_mlp"});
  }
  return names;
}

}  // namespace

/// Falcon 7B, 40B, 180B and RW: attention and feed-forward in parallel, q, k, v fused by head of
/// keys; RW sequential with ALiBi. Source: transformers FalconForCausalLM.
Family falcon() {
  return {.model_type = "falcon",
          .architectures = {"FalconForCausalLM"},
          .ignored_keys = {"multi_query", "rope_parameters", "rope_scaling", "rope_theta"},
          .spec = falcon_spec,
          .names = falcon_names,
          .key_names = {{"hidden_size", "n_embed"},
                        {"num_key_value_heads", "num_kv_heads"},
                        {"intermediate_size", "ffn_hidden_size"},
                        {"hidden_act", "activation"},
                        {"layer_norm_eps", "layer_norm_epsilon"}}};
}

}  // namespace automodel::models
