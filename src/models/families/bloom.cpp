#include "models/common.h"
#include "models/family.h"
#include "models/gpt.h"

namespace automodel::models {
namespace {

spec::ModelSpec bloom_spec(const ConfigReader& c) {
  auto model = gpt_defaults(c);
  model.embedding_norm = model.final_norm;
  if (c.integer("pretraining_tp", 1) > 1 && c.flag("slow_but_exact", false)) {
    c.refuse("slow_but_exact", "false where pretraining_tp is above 1");
  }
  if (c.flag("apply_residual_connection_post_layernorm", false)) {
    c.refuse("apply_residual_connection_post_layernorm", "false");
  }
  auto attention = gqa(c);
  attention.qkv_bias = attention.out_bias = true;
  attention.alibi = spec::Alibi{};
  model.layers = uniform_layers(c, {.mixer = attention,
                                    .ffn = spec::Mlp{.inner = 4 * model.dim,
                                                     .activation = spec::Activation::gelu_tanh,
                                                     .gated = false,
                                                     .bias = true},
                                    .norm = model.final_norm});
  return model;
}

spec::WeightNames bloom_names(const spec::ModelSpec& model) {
  return {.renames = {{"model.embed_tokens", "transformer.word_embeddings"},
                      {"model.embed_norm", "transformer.word_embeddings_layernorm"},
                      {"model.norm", "transformer.ln_f"},
                      {"model.layers", "transformer.h"},
                      {"self_attn.q_proj", "self_attention.query_key_value"},
                      {"self_attn.k_proj", "self_attention.query_key_value"},
                      {"self_attn.v_proj", "self_attention.query_key_value"},
                      {"self_attn.o_proj", "self_attention.dense"},
                      {"mlp.up_proj", "mlp.dense_h_to_4h"},
                      {"mlp.down_proj", "mlp.dense_4h_to_h"}},
          .groups = {{"query_key_value", std::get<spec::Gqa>(model.layers.front().mixer).heads}},
          .body_prefix = "transformer."};
}

}  // namespace

/// BLOOM: ALiBi, a norm behind the embedding, q, k, v fused head by head. Source: transformers
/// BloomForCausalLM.
Family bloom() {
  return {.model_type = "bloom",
          .architectures = {"BloomForCausalLM"},
          .ignored_keys = {"attention_softmax_in_fp32", "bias_dropout_fusion",
                           "masked_softmax_fusion", "offset_alibi", "skip_bias_add",
                           "skip_bias_add_qkv", "slow_but_exact", "unk_token_id"},
          .spec = bloom_spec,
          .names = bloom_names,
          .key_names = {{"hidden_size", "n_embed"},
                        {"num_hidden_layers", "n_layer"},
                        {"num_attention_heads", "n_head"},
                        {"max_position_embeddings", "seq_length"},
                        {"layer_norm_eps", "layer_norm_epsilon"}}};
}

}  // namespace automodel::models
