#include "base/known.h"
#include "models/common.h"
#include "models/family.h"
#include "models/moe.h"

namespace automodel::models {
namespace {

bool slides_but_first_and_every_sixth(const ConfigReader&, std::int64_t layer) {
  return layer != 0 && (layer + 1) % 6 != 0;
}

/// SGLang's sliding_window_size counts the tokens before the query.
std::int64_t window_of(const ConfigReader& c) {
  const auto before = c.maybe_integer("sliding_window_size");
  const auto window = c.integer("sliding_window", 129);
  return before ? *before + 1 : window;
}

/// A third of each head turns unless the config says otherwise, all of it where RoPE is scaled.
std::optional<spec::Rope> mimo_rope(const ConfigReader& c, std::int64_t head_dim, bool sliding) {
  const auto type = rope_type(c.object("rope_parameters").object(kind_name(sliding)));
  return rope_of_kind(c, head_dim, sliding, {.partial_rotary = type == "default" ? 0.334 : 1});
}

/// Windowed layers have twice the key heads, sinks and a RoPE of their own.
spec::Gqa layer_attention(const ConfigReader& c, bool sliding) {
  auto attention = gqa(c);
  attention.value_dim = c.integer("v_head_dim", 128);
  attention.value_scale =
      c.states("attention_value_scale") ? c.number("attention_value_scale", 1) : 0.707;
  attention.qkv_bias = c.flag("attention_bias", false);
  attention.rope = mimo_rope(c, attention.head_dim, sliding);
  if (sliding) {
    attention.kv_heads *= 2;
    attention.window = window_of(c);
    attention.sinks = true;
  }
  return attention;
}

/// Of each layer 1 or 0.
std::vector<int> as_pattern(const std::vector<bool>& layers) {
  return {layers.begin(), layers.end()};
}

/// The published file's own names of what Transformers' class has fixed or calls otherwise.
void check_published_keys(const ConfigReader& c, const std::vector<bool>& sliding,
                          const std::vector<bool>& sparse) {
  c.expect("hybrid_layer_pattern", as_pattern(sliding));
  c.expect("moe_layer_freq", as_pattern(sparse));
  c.expect("add_full_attention_sink_bias", false);
  c.expect("add_swa_attention_sink_bias", true);
  const auto windowed = layer_attention(c, true);
  c.expect("swa_num_attention_heads", windowed.heads);
  c.expect("swa_num_key_value_heads", windowed.kv_heads);
  c.expect("swa_head_dim", windowed.head_dim);
  c.expect("swa_v_head_dim", windowed.value_dim);
  if (!c.states("rope_parameters")) {  // which count before these
    c.expect("rope_theta", known(layer_attention(c, false).rope).theta);
    c.expect("swa_rope_theta", known(windowed.rope).theta);
  }
}

spec::ModelSpec mimo_v2_flash_spec(const ConfigReader& c) {
  auto model = decoder_defaults(c, {.eps = 1e-5});
  c.expect("layernorm_epsilon", model.final_norm.eps);
  model.float32_parts = {"e_score_correction_bias"};
  auto moe = routed_experts(c, {.experts = 256, .per_token = 8, .inner = 2048});
  c.expect("scoring_func", "sigmoid");
  c.expect("topk_method", "noaux_tc");
  moe.router = grouped_sigmoid_router(c, moe);
  const auto sparse = sparse_layers(c, 1);
  model.layers = routed_layers(c, {.norm = model.final_norm}, moe, sparse);
  const auto sliding = sliding_layers(c, slides_but_first_and_every_sixth);
  check_published_keys(c, sliding, sparse);
  for (std::size_t i = 0; i < sliding.size(); ++i) {
    model.layers[i].mixer = layer_attention(c, sliding[i]);
  }
  return model;
}

spec::WeightNames mimo_v2_flash_names(const spec::ModelSpec&) {
  auto names = expert_names({{"sinks", "attention_sink_bias"}});
  names.ignored = {"model.mtp"};
  return names;
}

}  // namespace

/// MiMo-V2-Flash: windows with sinks on most layers, narrower value heads, DeepSeek-V3's router
/// without shared experts. Source: transformers MiMoV2FlashForCausalLM.
Family mimo_v2_flash() {
  return {.model_type = "mimo_v2_flash",
          .architectures = {"MiMoV2FlashForCausalLM"},
          .ignored_keys = {"attention_chunk_size", "swa_rope_theta"},
          .spec = mimo_v2_flash_spec,
          .names = mimo_v2_flash_names,
          .key_names = {{"num_local_experts", "n_routed_experts"}}};
}

}  // namespace automodel::models
