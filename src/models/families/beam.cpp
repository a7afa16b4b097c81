#include "models/common.h"
#include "models/family.h"
#include "models/moe.h"

namespace automodel::models {
namespace {

bool slides_but_each_sixth_and_last(const ConfigReader& c, std::int64_t layer) {
  return (layer + 1) % 6 != 0 && layer != layer_count(c) - 1;
}

spec::Gqa beam_attention(const ConfigReader& c, const spec::ModelSpec& model) {
  auto attention = normed_gqa(c, model);
  attention.gate = spec::OutputGate::per_value;
  attention.gate_bias = true;
  return attention;
}

/// RoPE by kind; kinds without it let their queries grow.
void place(const ConfigReader& c, spec::Gqa& attention, bool sliding) {
  attention.window = window_of(c, sliding, 512);
  attention.rope = rope_of_kind(c, attention.head_dim, sliding);
  if (attention.rope) {
    attention.rope->in_float32 = true;
  } else {
    attention.temperature =
        spec::PositionTemperature{.growth = spec::PositionTemperature::Growth::power,
                                  .beta = 0.1,
                                  .period = 2048,
                                  .offset = 1};
  }
}

spec::ModelSpec beam_spec(const ConfigReader& c) {
  auto model = decoder_defaults(c);
  model.final_norm.gain_in_float32 = true;
  model.float32_parts = {"mlp.gate.weight", "e_score_correction_bias"};
  model.logit_softcap = c.maybe_number("final_logit_softcapping", 30);
  auto moe = routed_experts(c, {.experts = 256, .per_token = 8, .inner = 2560});
  moe.router = grouped_sigmoid_router(c, moe, {.groups = 8, .kept = 4, .scale = 2.5});
  model.layers = routed_layers(c,
                               {.mixer = beam_attention(c, model),
                                .norm = model.final_norm,
                                .placement = spec::NormPlacement::sandwich},
                               moe, sparse_layers(c, 3));
  const auto sliding = sliding_layers(c, slides_but_each_sixth_and_last);
  for (std::size_t i = 0; i < sliding.size(); ++i) {
    place(c, std::get<spec::Gqa>(model.layers[i].mixer), sliding[i]);
    model.layers[i].residual_index = static_cast<std::int64_t>(2 * (i + 1));
  }
  return model;
}

spec::WeightNames beam_names(const spec::ModelSpec&) { return expert_names(); }

}  // namespace

/// Beam: gated attention with a bias per head, residual weights by depth, full layers whose queries
/// grow instead of turning. Source: transformers BeamForCausalLM.
Family beam() {
  return {.model_type = "beam",
          .architectures = {"BeamForCausalLM"},
          .ignored_keys = {},
          .spec = beam_spec,
          .names = beam_names};
}

}  // namespace automodel::models
