#include <cmath>

#include "base/error.h"
#include "models/common.h"
#include "models/family.h"
#include "models/moe.h"

namespace automodel::models {
namespace {

const std::vector<std::string>& harmless_keys() {
  static const std::vector<std::string> kKeys = {"attn_pdrop",         "chunk_size_feed_forward",
                                                 "id2label",           "label2id",
                                                 "is_encoder_decoder", "problem_type",
                                                 "hidden_size"};
  return kKeys;
}

spec::Gqa dbrx_attention(const ConfigReader& c, std::int64_t dim) {
  const auto own = c.object("attn_config");
  spec::Gqa attention;
  attention.heads = c.integer("num_attention_heads", 16);
  attention.kv_heads = own.integer("kv_n_heads", 1);
  check(attention.kv_heads > 0 && attention.heads >= attention.kv_heads &&
            attention.heads % attention.kv_heads == 0,
        ErrorKind::corrupt_data, "{}: n_heads {} must be a positive multiple of kv_n_heads {}",
        c.source(), attention.heads, attention.kv_heads);
  attention.head_dim = dim / attention.heads;
  attention.scale = 1 / std::sqrt(static_cast<double>(attention.head_dim));
  attention.clip = own.maybe_number("clip_qkv");
  attention.rope = rope(c, attention.head_dim, {.theta = own.number("rope_theta", 10000)});
  own.finish(harmless_keys());
  return attention;
}

spec::Moe dbrx_experts(const ConfigReader& c) {
  const auto own = c.object("ffn_config");
  auto moe = routed_experts(own, {.experts = 4,
                                  .per_token = 1,
                                  .inner = 3584,
                                  .inner_key = "ffn_hidden_size",
                                  .experts_key = "moe_num_experts",
                                  .per_token_key = "moe_top_k"});
  moe.activation = activation(own.object("ffn_act_fn"), "name", "silu");
  const double coefficient = own.number("moe_loss_weight", 0.01);
  moe.training.balance_loss = c.flag("output_router_logits", false) ? coefficient : 0;
  const bool stated = own.states("moe_normalize_expert_weights");
  const double power = own.number("moe_normalize_expert_weights", stated ? 0 : 1);
  if (power != 0 && power != 1) {
    own.refuse("moe_normalize_expert_weights", "1, null");
  }
  moe.router.renormalise = power == 1;
  own.finish(harmless_keys());
  return moe;
}

spec::ModelSpec dbrx_spec(const ConfigReader& c) {
  spec::ModelSpec model;
  model.vocab_size = c.integer("vocab_size", 32000);
  model.dim = c.integer("hidden_size", 2048);
  model.max_positions = c.integer("max_position_embeddings", 2048);
  model.final_norm = layer_norm(1e-5, false);
  model.init.std = c.number("initializer_range", 0.02);
  model.pad_token_id = c.maybe_integer("pad_token_id");
  model.dropout = std::max(configured_dropout(c), c.number("emb_pdrop", 0));
  const spec::Layer layer{
      .mixer = dbrx_attention(c, model.dim), .ffn = dbrx_experts(c), .norm = model.final_norm};
  model.layers.assign(static_cast<std::size_t>(layer_count(c)), layer);
  return model;
}

spec::WeightNames dbrx_names(const spec::ModelSpec&) {
  return {.renames = {{"model.embed_tokens", "transformer.wte"},
                      {"model.norm", "transformer.norm_f"},
                      {"model.layers", "transformer.blocks"},
                      {"input_layernorm", "norm_attn_norm.norm_1"},
                      {"self_attn.q_proj", "norm_attn_norm.attn.Wqkv"},
                      {"self_attn.k_proj", "norm_attn_norm.attn.Wqkv"},
                      {"self_attn.v_proj", "norm_attn_norm.attn.Wqkv"},
                      {"self_attn.o_proj", "norm_attn_norm.attn.out_proj"},
                      {"post_attention_layernorm", "norm_attn_norm.norm_2"},
                      {"mlp.gate", "ffn.router.layer"},
                      {"mlp.experts.gate_proj.weight", "ffn.experts.mlp.w1"},
                      {"mlp.experts.up_proj.weight", "ffn.experts.mlp.v1"},
                      {"mlp.experts.down_proj.weight", "ffn.experts.mlp.w2"}},
          .groups = {},
          .transposed = {"ffn.experts.mlp.w2"},
          .flattened = {"ffn.experts.mlp"}};
}

}  // namespace

/// DBRX: clipped q, k, v, LayerNorm, all experts in one matrix. theta is `rope_parameters`' or, in
/// the published files, `attn_config`'s. Source: transformers DbrxForCausalLM.
Family dbrx() {
  return {.model_type = "dbrx",
          .architectures = {"DbrxForCausalLM"},
          .ignored_keys = {"num_key_value_heads"},
          .spec = dbrx_spec,
          .names = dbrx_names,
          .key_names = {{"hidden_size", "d_model"},
                        {"num_hidden_layers", "n_layers"},
                        {"num_attention_heads", "n_heads"},
                        {"max_position_embeddings", "max_seq_len"}}};
}

}  // namespace automodel::models
