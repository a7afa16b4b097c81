#include "models/gpt.h"

#include "models/common.h"

namespace automodel::models {

std::vector<KeyName> gpt_key_names() {
  return {{"hidden_size", "n_embd"},
          {"num_hidden_layers", "n_layer"},
          {"num_attention_heads", "n_head"},
          {"max_position_embeddings", "n_positions"},
          {"intermediate_size", "n_inner"},
          {"hidden_act", "activation_function"},
          {"layer_norm_eps", "layer_norm_epsilon"}};
}

std::vector<std::string> gpt_ignored_keys(const std::vector<std::string>& more) {
  auto all = more;
  for (const auto* key :
       {"gradient_checkpointing", "n_ctx", "n_special", "output_past", "predict_special_tokens",
        "reorder_and_upcast_attn", "rotary", "scale_attn_weights", "summary_activation",
        "summary_first_dropout", "summary_proj_to_labels", "summary_type", "summary_use_proj"}) {
    all.emplace_back(key);
  }
  return all;
}

spec::ModelSpec gpt_defaults(const ConfigReader& config, bool tied) {
  return layer_norm_defaults(
      config, {.tied = tied, .freezes_pad = false, .eps = 1e-5, .eps_key = "layer_norm_eps"});
}

spec::Mlp gpt_mlp(const ConfigReader& config, std::string_view activation_fallback) {
  return {.inner = config.integer("intermediate_size", 4 * config.integer("hidden_size")),
          .activation = activation(config, "hidden_act", activation_fallback),
          .gated = false,
          .bias = true};
}

spec::WeightNames gpt_names(const std::vector<spec::Rename>& more) {
  spec::WeightNames names{.renames = {{"model.embed_tokens", "transformer.wte"},
                                      {"model.embed_positions", "transformer.wpe"},
                                      {"model.norm", "transformer.ln_f"},
                                      {"model.layers", "transformer.h"},
                                      {"input_layernorm", "ln_1"},
                                      {"post_attention_layernorm", "ln_2"}},
                          .ignored = {"attn.bias", "attn.masked_bias", "attn.causal_mask",
                                      "attn.attention.bias", "attn.attention.masked_bias"},
                          .body_prefix = "transformer."};
  names.renames.insert(names.renames.end(), more.begin(), more.end());
  return names;
}

}  // namespace automodel::models
