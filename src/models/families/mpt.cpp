#include <algorithm>

#include "models/common.h"
#include "models/family.h"
#include "models/gpt.h"

namespace automodel::models {
namespace {

/// The model has no other form in Transformers.
void refuse_variants(const ConfigReader& c, const ConfigReader& attention) {
  if (!attention.flag("alibi", true)) {
    attention.refuse("alibi", "true");
  }
  for (const auto* key : {"prefix_lm", "qk_ln", "attn_uses_sequence_id"}) {
    if (attention.flag(key, false)) {
      attention.refuse(key, "false");
    }
  }
  if (attention.text("attn_type", "multihead_attention") != "multihead_attention") {
    attention.refuse("attn_type", "multihead_attention");
  }
  if (!c.flag("no_bias", true)) {
    c.refuse("no_bias", "true");
  }
  if (c.integer("expansion_ratio", 4) != 4) {
    c.refuse("expansion_ratio", "4");
  }
  if (c.number("embedding_fraction", 1) != 1) {
    c.refuse("embedding_fraction", "1");
  }
  if (!c.text("norm_type", "low_precision_layernorm").ends_with("layernorm")) {
    c.refuse("norm_type", "low_precision_layernorm, layernorm");
  }
}

spec::ModelSpec mpt_spec(const ConfigReader& c) {
  auto model = gpt_defaults(c);
  model.final_norm.has_bias = false;
  const auto inner = c.object("attn_config");
  refuse_variants(c, inner);
  auto attention = gqa(c);
  attention.scale = inner.number("softmax_scale", attention.scale);
  attention.alibi = spec::Alibi{.max_bias = inner.number("alibi_bias_max", 8)};
  if (const auto clip = inner.number("clip_qkv", 0); clip != 0) {
    attention.clip = clip;
  }
  model.dropout = std::max(model.dropout, inner.number("attn_pdrop", 0));
  inner.finish(std::vector<std::string>{"attn_impl"});
  const spec::Mlp mlp{.inner = 4 * model.dim, .activation = spec::Activation::gelu, .gated = false};
  model.layers = uniform_layers(c, {.mixer = attention, .ffn = mlp, .norm = model.final_norm});
  return model;
}

spec::WeightNames mpt_names(const spec::ModelSpec&) {
  return {.renames = {{"model.embed_tokens", "transformer.wte"},
                      {"model.norm", "transformer.norm_f"},
                      {"model.layers", "transformer.blocks"},
                      {"input_layernorm", "norm_1"},
                      {"post_attention_layernorm", "norm_2"},
                      {"self_attn.q_proj", "attn.Wqkv"},
                      {"self_attn.k_proj", "attn.Wqkv"},
                      {"self_attn.v_proj", "attn.Wqkv"},
                      {"self_attn.o_proj", "attn.out_proj"},
                      {"mlp", "ffn"}},
          .body_prefix = "transformer."};
}

}  // namespace

/// MPT: ALiBi, clipped q, k, v, no biases. Source: transformers MptForCausalLM, but alibi_bias_max
/// as MosaicML's own code has it (Transformers always takes 8).
Family mpt() {
  return {.model_type = "mpt",
          .architectures = {"MptForCausalLM"},
          .ignored_keys = {"init_config", "init_device", "learned_pos_emb", "tokenizer_name",
                           "verbose"},
          .spec = mpt_spec,
          .names = mpt_names,
          .key_names = {{"hidden_size", "d_model"},
                        {"num_hidden_layers", "n_layers"},
                        {"num_attention_heads", "n_heads"},
                        {"max_position_embeddings", "max_seq_len"},
                        {"layer_norm_eps", "layer_norm_epsilon"}}};
}

}  // namespace automodel::models
