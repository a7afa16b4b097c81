#include "base/error.h"
#include "models/common.h"
#include "models/family.h"

namespace automodel::models {
namespace {

/// Full attention on every n-th layer, from the first on.
bool slides_but_each_fourth_from_first(const ConfigReader&, std::int64_t layer) {
  return layer % 4 != 0;
}

bool slides_if_windowed(const ConfigReader& c, std::int64_t) { return c.has("sliding_window"); }

/// One layer each; `fit` turns the shared attention into that of layer i.
template <typename Fit>
spec::ModelSpec layered(const ConfigReader& c, spec::ModelSpec model, const spec::Gqa& attention,
                        const std::vector<bool>& sliding, spec::NormPlacement placement, Fit fit) {
  const auto window = c.maybe_integer("sliding_window");
  for (std::size_t i = 0; i < sliding.size(); ++i) {
    spec::Gqa own = attention;
    own.window = sliding[i] ? window : std::nullopt;
    fit(own, i);
    auto mlp = gated_mlp(c);
    mlp.bias = c.flag("mlp_bias", false);
    model.layers.push_back(
        {.mixer = own, .ffn = mlp, .norm = model.final_norm, .placement = placement});
  }
  return model;
}

constexpr auto kAsItIs = [](spec::Gqa&, std::size_t) {};

spec::ModelSpec cwm_spec(const ConfigReader& c) {
  auto attention = gqa(c);
  attention.rope = rope(c, attention.head_dim, {.theta = 1e6});
  return layered(c, decoder_defaults(c, {.eps = 1e-5}), attention,
                 sliding_layers(c, slides_but_each_fourth_from_first), spec::NormPlacement::pre,
                 kAsItIs);
}

spec::ModelSpec ministral_spec(const ConfigReader& c) {
  auto attention = gqa(c);
  attention.rope = rope(c, attention.head_dim);
  return layered(c, decoder_defaults(c), attention, sliding_layers(c, slides_if_windowed),
                 spec::NormPlacement::pre, kAsItIs);
}

spec::ModelSpec ministral3_spec(const ConfigReader& c) {
  auto attention = gqa(c);
  const auto parameters = rope_object(c);
  attention.rope =
      rope(c, attention.head_dim, {}, {"llama_4_scaling_beta", "max_position_embeddings"});
  attention.temperature =
      spec::PositionTemperature{.beta = parameters.number("llama_4_scaling_beta"),
                                .period = parameters.integer("original_max_position_embeddings")};
  attention.window = c.maybe_integer("sliding_window");
  auto model = decoder_defaults(c, {.pad = 11, .eps = 1e-5});
  model.layers =
      uniform_layers(c, {.mixer = attention, .ffn = gated_mlp(c), .norm = model.final_norm});
  return model;
}

spec::ModelSpec exaone4_spec(const ConfigReader& c) {
  auto model = decoder_defaults(c, {.eps = 1e-5});
  auto attention = gqa(c);
  attention.head_norm = spec::HeadNorm{.norm = model.final_norm};
  attention.rope = rope(c, attention.head_dim);
  const auto sliding = sliding_layers(c, slides_by_pattern);
  const bool hybrid = c.has("sliding_window");
  return layered(c, model, attention, sliding, spec::NormPlacement::post,
                 [&](spec::Gqa& own, std::size_t i) {
                   if (hybrid && !sliding[i]) {
                     own.rope = std::nullopt;
                   }
                 });
}

spec::ModelSpec smollm3_spec(const ConfigReader& c) {
  auto attention = biased_gqa(c);
  attention.rope = rope(c, attention.head_dim, {.theta = 2e6});
  const auto interval = c.integer("no_rope_layer_interval", 4);
  const auto given = c.has("no_rope_layers") ? c.numbers("no_rope_layers") : std::vector<double>();
  const auto count = static_cast<std::size_t>(layer_count(c));
  if (!given.empty()) {
    check_per_layer(c, "no_rope_layers", given.size());
  }
  check(interval > 0, ErrorKind::corrupt_data,
        "{}: no_rope_layer_interval is {}, expected 1 or more", c.source(), interval);
  std::vector<bool> turns(count);
  for (std::size_t i = 0; i < count; ++i) {
    turns[i] = given.empty() ? (static_cast<std::int64_t>(i) + 1) % interval != 0 : given[i] != 0;
  }
  auto sliding = sliding_layers(c, never_slides);
  if (c.flag("use_sliding_window", false) && !c.has("layer_types")) {
    sliding = turns;
    sliding.flip();
  }
  return layered(c, decoder_defaults(c, {.tied = true, .pad = 128004}), attention, sliding,
                 spec::NormPlacement::pre, [&](spec::Gqa& own, std::size_t i) {
                   if (!turns[i]) {
                     own.rope = std::nullopt;
                   }
                 });
}

}  // namespace

/// Code World Model: Llama 3 with windows on three layers of four. Source: transformers
/// CwmForCausalLM.
Family cwm() {
  return {.model_type = "cwm",
          .architectures = {"CwmForCausalLM"},
          .ignored_keys = {},
          .spec = cwm_spec};
}

/// Ministral: Mistral with windows by layer. Source: transformers MinistralForCausalLM.
Family ministral() {
  return {.model_type = "ministral",
          .architectures = {"MinistralForCausalLM"},
          .ignored_keys = {},
          .spec = ministral_spec};
}

/// Ministral 3: YaRN, and queries that grow with the position. Source: transformers
/// Ministral3ForCausalLM.
Family ministral3() {
  return {.model_type = "ministral3",
          .architectures = {"Ministral3ForCausalLM"},
          .ignored_keys = {},
          .spec = ministral3_spec};
}

/// EXAONE 4: norms after the branches, q/k norms, no positions on the full layers of the hybrid
/// form. Source: transformers Exaone4ForCausalLM.
Family exaone4() {
  return {.model_type = "exaone4",
          .architectures = {"Exaone4ForCausalLM"},
          .ignored_keys = {"sliding_window_pattern"},
          .spec = exaone4_spec};
}

/// SmolLM3: no RoPE on every fourth layer. Source: transformers SmolLM3ForCausalLM.
Family smollm3() {
  return {.model_type = "smollm3",
          .architectures = {"SmolLM3ForCausalLM"},
          .ignored_keys = {"max_window_layers"},
          .spec = smollm3_spec};
}

}  // namespace automodel::models
