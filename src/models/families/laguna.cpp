#include "base/error.h"
#include "models/common.h"
#include "models/family.h"
#include "models/moe.h"

namespace automodel::models {
namespace {

/// Layers may differ in their number of heads.
std::vector<std::int64_t> heads_by_layer(const ConfigReader& c, std::int64_t heads) {
  if (!c.has("num_attention_heads_per_layer")) {
    return std::vector<std::int64_t>(static_cast<std::size_t>(layer_count(c)), heads);
  }
  const auto given = c.numbers("num_attention_heads_per_layer");
  check_per_layer(c, "num_attention_heads_per_layer", given.size());
  return {given.begin(), given.end()};
}

/// true or "per-head": a gate per head; "per-element": one per value.
spec::OutputGate laguna_gate(const ConfigReader& c) {
  if (!c.is_text("gating")) {
    if (!c.flag("gating", true)) {
      c.refuse("gating", "true, per-head, per-element");
    }
    return spec::OutputGate::per_head;
  }
  const auto gating = c.text("gating", "per-head");
  if (gating != "per-head" && gating != "per-element") {
    c.refuse("gating", "true, per-head, per-element");
  }
  return gating == "per-head" ? spec::OutputGate::per_head : spec::OutputGate::per_value;
}

spec::Moe laguna_experts(const ConfigReader& c) {
  auto moe =
      routed_experts(c, {.experts = 256, .per_token = 8, .inner = 512, .balance_loss = 0.001});
  moe.router = {.score = spec::Router::Score::sigmoid,
                .correction = true,
                .renormalise = true,
                .scale = c.number("moe_routed_scaling_factor", 1)};
  const double cap = c.number("moe_router_logit_softcapping", 0);
  moe.router.softcap = cap > 0 ? std::optional(cap) : std::nullopt;
  moe.shared = shared_experts(c.integer("shared_expert_intermediate_size", 512), moe.activation);
  if (c.flag("moe_apply_router_weight_on_input", false)) {
    c.refuse("moe_apply_router_weight_on_input", "false");
  }
  return moe;
}

spec::ModelSpec laguna_spec(const ConfigReader& c) {
  auto model = decoder_defaults(c);
  auto attention = normed_gqa(c, model);
  attention.gate = laguna_gate(c);
  attention.gate_function = spec::GateFunction::softplus;
  model.layers = routed_layers(c, {.mixer = attention, .norm = model.final_norm}, laguna_experts(c),
                               sparse_layers(c, 1));
  const auto heads = heads_by_layer(c, attention.heads);
  const auto sliding = sliding_layers(c, never_slides);
  for (std::size_t i = 0; i < sliding.size(); ++i) {
    auto& own = std::get<spec::Gqa>(model.layers[i].mixer);
    check(heads[i] > 0 && heads[i] % own.kv_heads == 0, ErrorKind::corrupt_data,
          "{}: layer {} has {} heads, expected a positive multiple of num_key_value_heads {}",
          c.source(), i, heads[i], own.kv_heads);
    own.heads = heads[i];
    own.window = window_of(c, sliding[i], 512);
    own.rope = rope_of_kind(c, own.head_dim, sliding[i], {.partial_rotary = 1});
  }
  return model;
}

spec::WeightNames laguna_names(const spec::ModelSpec&) {
  auto names =
      expert_names({{"mlp.gate.e_score_correction_bias", "mlp.experts.e_score_correction_bias"},
                    {"mlp.shared_experts", "mlp.shared_expert"}});
  names.loaded.push_back({"mlp.shared_expert", "mlp.shared_experts"});
  names.renames.push_back({"self_attn.gate_proj", "self_attn.g_proj"});
  return names;
}

}  // namespace

/// Laguna: softplus gates on the attention's output, heads by layer, capped router logits. Source:
/// transformers LagunaForCausalLM.
Family laguna() {
  return {.model_type = "laguna",
          .architectures = {"LagunaForCausalLM"},
          .ignored_keys = {},
          .spec = laguna_spec,
          .names = laguna_names};
}

}  // namespace automodel::models
