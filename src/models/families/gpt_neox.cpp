#include "models/common.h"
#include "models/family.h"
#include "models/gpt.h"

namespace automodel::models {
namespace {

/// Beside the object of its parameters a RoPE has other names here, and only those count.
spec::Rope neox_rope(const ConfigReader& c, std::int64_t head_dim, double partial_rotary) {
  return rope(c, head_dim,
              {.theta_key = "rotary_emb_base",
               .partial_rotary = partial_rotary,
               .partial_rotary_key = "rotary_pct"});
}

spec::ModelSpec gpt_neox_spec(const ConfigReader& c) {
  auto model = gpt_defaults(c, false);
  auto attention = biased_gqa(c, true);
  attention.rope = neox_rope(c, attention.head_dim, 0.25);
  auto mlp = plain_mlp(c, "gelu");
  mlp.bias = true;
  const bool parallel = c.flag("use_parallel_residual", true);
  model.layers = uniform_layers(
      c, {.mixer = attention,
          .ffn = mlp,
          .norm = model.final_norm,
          .placement = parallel ? spec::NormPlacement::parallel_two : spec::NormPlacement::pre});
  return model;
}

spec::ModelSpec gpt_neox_japanese_spec(const ConfigReader& c) {
  auto model = gpt_defaults(c);
  auto attention = gqa(c);
  attention.rope = neox_rope(c, attention.head_dim, 1);
  const spec::Mlp mlp{.inner = model.dim * c.integer("intermediate_multiple_size", 4),
                      .activation = activation(c, "hidden_act", "gelu"),
                      .gated = false};
  model.layers = uniform_layers(c, {.mixer = attention, .ffn = mlp, .norm = model.final_norm});
  std::get<spec::Gqa>(model.layers.back().mixer).out_bias = true;
  return model;
}

spec::WeightNames neox_names(const spec::ModelSpec& model, const std::string& prefix) {
  return {.renames = {{"model", prefix},
                      {"embed_tokens", "embed_in"},
                      {prefix + ".norm", prefix + ".final_layer_norm"},
                      {"self_attn.q_proj", "attention.query_key_value"},
                      {"self_attn.k_proj", "attention.query_key_value"},
                      {"self_attn.v_proj", "attention.query_key_value"},
                      {"self_attn.o_proj", "attention.dense"},
                      {"mlp.up_proj", "mlp.dense_h_to_4h"},
                      {"mlp.down_proj", "mlp.dense_4h_to_h"},
                      {"lm_head", "embed_out"}},
          .groups = {{"query_key_value", std::get<spec::Gqa>(model.layers.front().mixer).heads}},
          .ignored = {"attention.bias", "attention.masked_bias"},
          .body_prefix = prefix + "."};
}

spec::WeightNames gpt_neox_names(const spec::ModelSpec& model) {
  auto names = neox_names(model, "gpt_neox");
  names.loaded = {{"embed_out", "lm_head"}};
  return names;
}

spec::WeightNames gpt_neox_japanese_names(const spec::ModelSpec& model) {
  auto names = neox_names(model, "gpt_neox_japanese");
  names.renames.push_back({"attention.dense.bias", "attention.dense_bias"});
  return names;
}

}  // namespace

/// GPT-NeoX, Pythia: q, k, v fused head by head, RoPE on a quarter of each head, both branches of
/// the stream in parallel. Source: transformers GPTNeoXForCausalLM.
Family gpt_neox() {
  return {.model_type = "gpt_neox",
          .architectures = {"GPTNeoXForCausalLM"},
          .ignored_keys = {"is_decoder", "num_steps"},
          .spec = gpt_neox_spec,
          .names = gpt_neox_names};
}

/// GPT-NeoX Japanese: sequential, without biases but for one in the last layer. Source:
/// transformers GPTNeoXJapaneseForCausalLM.
Family gpt_neox_japanese() {
  return {.model_type = "gpt_neox_japanese",
          .architectures = {"GPTNeoXJapaneseForCausalLM"},
          .ignored_keys = {"is_decoder"},
          .spec = gpt_neox_japanese_spec,
          .names = gpt_neox_japanese_names};
}

}  // namespace automodel::models
