#include <algorithm>

#include "models/common.h"
#include "models/family.h"
#include "models/moe.h"

namespace automodel::models {
namespace {

/// One entry per layer: those of `key`, or what `fallback` says of layer i.
template <typename Fallback>
std::vector<bool> layer_flags(const ConfigReader& c, std::string_view key, Fallback fallback) {
  const auto count = static_cast<std::size_t>(layer_count(c));
  const auto given = c.has(key) ? c.numbers(key) : std::vector<double>();
  if (!given.empty()) {
    check_per_layer(c, key, given.size());
  }
  std::vector<bool> flags(count);
  for (std::size_t i = 0; i < count; ++i) {
    flags[i] = given.empty() ? fallback(static_cast<std::int64_t>(i)) : given[i] != 0;
  }
  return flags;
}

std::vector<bool> turning_layers(const ConfigReader& c) {
  const auto interval = std::max<std::int64_t>(c.integer("no_rope_layer_interval", 4), 1);
  return layer_flags(c, "no_rope_layers",
                     [interval](std::int64_t i) { return (i + 1) % interval != 0; });
}

std::vector<bool> llama4_sparse_layers(const ConfigReader& c) {
  const auto step = std::max<std::int64_t>(c.integer("interleave_moe_layer_step", 1), 1);
  const auto given = c.has("moe_layers") ? c.numbers("moe_layers") : std::vector<double>();
  std::vector<bool> sparse;
  for (std::int64_t i = 0; i < layer_count(c); ++i) {
    sparse.push_back(c.has("moe_layers") ? std::ranges::count(given, static_cast<double>(i)) > 0
                                         : (i + 1) % step == 0);
  }
  return sparse;
}

std::vector<bool> chunked_layers(const ConfigReader& c, std::vector<bool> turning) {
  const auto kinds = c.texts("layer_types");
  if (!kinds.empty()) {
    check_per_layer(c, "layer_types", kinds.size());
  }
  for (std::size_t i = 0; i < kinds.size(); ++i) {
    if (kinds[i] != "full_attention" && kinds[i] != "chunked_attention") {
      c.refuse("layer_types", "full_attention, chunked_attention");
    }
    turning[i] = kinds[i] == "chunked_attention";
  }
  return turning;
}

spec::Moe llama4_experts(const ConfigReader& c) {
  auto moe = routed_experts(
      c, {.experts = 16, .per_token = 1, .inner = 8192, .inner_key = "intermediate_size"});
  moe.router = {.score = spec::Router::Score::sigmoid, .choose_by_logits = true};
  moe.weight_on_input = true;
  moe.shared = shared_experts(moe.inner, moe.activation);
  return moe;
}

/// The attention of a layer with RoPE, or of one without.
spec::Gqa llama4_attention(const ConfigReader& c, const spec::ModelSpec& model, bool turns) {
  auto attention = biased_gqa(c);
  auto turned = rope(c, attention.head_dim, {.theta = 500000});
  turned.interleaved = turned.in_float32 = true;
  const spec::PositionTemperature temperature{
      .beta = c.number("attn_scale", 0.1), .period = c.integer("floor_scale", 8192), .offset = 1};
  const spec::Norm no_gain{.eps = model.final_norm.eps, .has_weight = false};
  const bool norms = c.flag("use_qk_norm", true), tunes = c.flag("attn_temperature_tuning", true);
  if (turns) {
    attention.rope = turned;
  }
  if (turns && norms) {
    attention.head_norm = spec::HeadNorm{.norm = no_gain, .after_rope = true};
  }
  if (!turns && tunes) {
    attention.temperature = temperature;
  }
  return attention;
}

spec::ModelSpec llama4_spec(const ConfigReader& c) {
  auto model = decoder_defaults(c, {.eps = 1e-5});
  const auto turning = turning_layers(c);
  const auto chunked = chunked_layers(c, turning);
  const auto chunk = c.maybe_integer("attention_chunk_size");
  const auto sparse = llama4_sparse_layers(c);
  const auto dense = c.integer("intermediate_size_mlp", 16384);
  model.layers = routed_layers(c, {.norm = model.final_norm}, llama4_experts(c), sparse);
  for (std::size_t i = 0; i < model.layers.size(); ++i) {
    auto attention = llama4_attention(c, model, turning[i]);
    attention.chunk = chunked[i] ? chunk : std::nullopt;
    model.layers[i].mixer = attention;
    if (auto* mlp = std::get_if<spec::Mlp>(&model.layers[i].ffn)) {
      mlp->inner = dense;
    }
  }
  return model;
}

spec::WeightNames llama4_names(const spec::ModelSpec&) {
  return {.renames = {{"mlp.gate", "mlp.router"},
                      {"mlp.experts.gate_proj.weight", "mlp.experts.gate_up_proj"},
                      {"mlp.experts.up_proj.weight", "mlp.experts.gate_up_proj"},
                      {"mlp.experts.down_proj.weight", "mlp.experts.down_proj"},
                      {"mlp.shared_experts", "mlp.shared_expert"},
                      {"mlp", "feed_forward"}},
          .groups = {},
          .transposed = {"feed_forward.experts.gate_up_proj", "feed_forward.experts.down_proj"},
          .untold = {"feed_forward.experts.gate_up_proj", "feed_forward.experts.down_proj"}};
}

}  // namespace

/// Llama 4, text: chunked attention with RoPE, full layers without positions whose queries grow,
/// weights on the experts' inputs. Source: transformers Llama4ForCausalLM.
Family llama4_text() {
  return {.model_type = "llama4_text",
          .architectures = {"Llama4ForCausalLM"},
          .ignored_keys = {"for_llm_compressor"},
          .spec = llama4_spec,
          .names = llama4_names};
}

}  // namespace automodel::models
