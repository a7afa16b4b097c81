#include "base/error.h"
#include "models/common.h"
#include "models/family.h"

namespace automodel::models {
namespace {

bool slides_between_full_layers(const ConfigReader& c, std::int64_t layer) {
  const auto interval = c.integer("global_attn_every_n_layers", 3);
  check(interval > 0, ErrorKind::corrupt_data,
        "{}: global_attn_every_n_layers is {}, expected at least 1", c.source(), interval);
  return layer % interval != 0;
}

/// As Transformers' class does.
void check_rope_names_kinds(const ConfigReader& c) {
  const auto parameters = c.object("rope_parameters");
  if (!parameters.empty() && !parameters.states(kind_name(false)) &&
      !parameters.states(kind_name(true))) {
    c.refuse("rope_parameters", "an object for each of full_attention, sliding_attention");
  }
}

spec::Rope modernbert_rope(const ConfigReader& c, std::int64_t head_dim, bool sliding) {
  const Defaults defaults{.theta = sliding ? 10000.0 : 160000.0,
                          .theta_key = sliding ? "local_rope_theta" : "global_rope_theta"};
  return rope_of_kind_or_older(c, head_dim, sliding, defaults, true);
}

/// All that leads back into the stream, and the head, starts small.
std::vector<spec::InitRule> modernbert_init(const spec::ModelSpec& model) {
  auto rules = smaller_with_depth(model);
  rules.push_back({"head_transform.dense.weight", rules.front().init});
  rules.push_back({"lm_head.weight", rules.front().init});
  rules.push_back({"model.embed_tokens", model.init});  // the padding row too
  return rules;
}

spec::ModelSpec modernbert_spec(const ConfigReader& c) {
  auto model =
      layer_norm_defaults(c, {.tied = true, .pad = 50283, .eps = 1e-5, .eps_key = "norm_eps"},
                          c.flag("norm_bias", false));
  model.embedding_norm = model.final_norm;
  model.head_bias = c.flag("decoder_bias", true);
  model.head_transform =
      spec::HeadTransform{.activation = activation(c, "classifier_activation", "gelu"),
                          .bias = c.flag("classifier_bias", false),
                          .norm = model.final_norm};
  check_rope_names_kinds(c);
  auto attention = biased_gqa(c);
  auto mlp = gated_mlp(c);
  mlp.bias = c.flag("mlp_bias", false);
  const auto window = c.integer("local_attention", 128) / 2;
  for (const bool sliding : sliding_layers(c, slides_between_full_layers)) {
    attention.window = window_of(c, sliding, window);
    attention.rope = modernbert_rope(c, attention.head_dim, sliding);
    model.layers.push_back({.mixer = attention, .ffn = mlp, .norm = model.final_norm});
  }
  model.init.cutoff = c.number("initializer_cutoff_factor", 3);
  model.init_rules = modernbert_init(model);
  // The embedding's norm has done it.
  model.layers.front().placement = spec::NormPlacement::ffn_pre;
  return model;
}

spec::WeightNames modernbert_names(const spec::ModelSpec&) {
  return {.renames = {{"model.embed_tokens", "model.embeddings.tok_embeddings"},
                      {"model.embed_norm", "model.embeddings.norm"},
                      {"model.norm", "model.final_norm"},
                      {"input_layernorm", "attn_norm"},
                      {"post_attention_layernorm", "mlp_norm"},
                      {"self_attn.o_proj", "self_attn.Wo"},
                      {"self_attn", "attn"},
                      {"mlp.gate_proj", "mlp.Wi"},
                      {"mlp.up_proj", "mlp.Wi"},
                      {"mlp.down_proj", "mlp.Wo"},
                      {"lm_head", "decoder"},
                      {"head_transform", "lm_head"}}};
}

}  // namespace

/// ModernBERT as a decoder (Ettin): windows on two layers of three, a dense layer before the head.
/// Source: transformers ModernBertDecoderForCausalLM.
Family modernbert_decoder() {
  return {.model_type = "modernbert-decoder",
          .architectures = {"ModernBertDecoderForCausalLM"},
          .ignored_keys = {"causal_mask", "classifier_pooling", "cls_token_id",
                           "deterministic_flash_attn", "global_attn_every_n_layers",
                           "global_rope_theta", "gradient_checkpointing", "is_causal",
                           "layer_norm_eps", "local_attention", "local_rope_theta",
                           "position_embedding_type", "reference_compile", "repad_logits_with_grad",
                           "sep_token_id", "sparse_pred_ignore_index", "sparse_prediction"},
          .spec = modernbert_spec,
          .names = modernbert_names,
          .key_names = {{"hidden_act", "hidden_activation"}}};
}

}  // namespace automodel::models
