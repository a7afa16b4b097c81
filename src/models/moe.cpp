#include "models/moe.h"

#include <algorithm>
#include <cmath>
#include <initializer_list>

#include "base/error.h"
#include "models/common.h"

namespace automodel::models {
namespace {

/// The value of the first of these keys that the config has, else that has a default.
std::int64_t first_integer(const ConfigReader& config, std::initializer_list<std::string_view> keys,
                           std::int64_t fallback) {
  std::optional<std::int64_t> stated, usual;
  for (const auto key : keys) {  // all of them: a key is known once it was read
    const auto value = config.maybe_integer(key);
    auto& found = config.states(key) ? stated : usual;
    found = found ? found : value;
  }
  return stated ? *stated : usual.value_or(fallback);
}

}  // namespace

spec::Moe routed_experts(const ConfigReader& config, const MoeDefaults& defaults) {
  spec::Moe moe;
  moe.experts = first_integer(
      config, {defaults.experts_key, "num_local_experts", "n_routed_experts"}, defaults.experts);
  moe.per_token = config.integer(defaults.per_token_key, defaults.per_token);
  moe.inner = config.integer(defaults.inner_key, defaults.inner);
  moe.activation = activation(config, "hidden_act", "silu");
  if (defaults.balance_loss) {
    const double coefficient = config.number("router_aux_loss_coef", *defaults.balance_loss);
    moe.training.balance_loss = config.flag("output_router_logits", false) ? coefficient : 0;
  }
  check(moe.per_token >= 1 && moe.per_token <= moe.experts && moe.inner >= 1,
        ErrorKind::corrupt_data,
        "{}: {} of {} experts per token, each {} wide: expected at least 1 and no more than there "
        "are",
        config.source(), moe.per_token, moe.experts, moe.inner);
  return moe;
}

void check_groups(const ConfigReader& config, const spec::Moe& moe, const spec::Router& router) {
  const auto in_group = router.groups >= 1 ? moe.experts / router.groups : 0;
  check(in_group >= 1 && moe.experts % router.groups == 0 && router.kept_groups >= 1 &&
            router.kept_groups <= router.groups && router.kept_groups * in_group >= moe.per_token &&
            (router.groups == 1 || in_group >= router.group_best),
        ErrorKind::corrupt_data,
        "{}: n_group {} and topk_group {} do not fit {} experts of which {} are chosen",
        config.source(), router.groups, router.kept_groups, moe.experts, moe.per_token);
}

spec::Router grouped_sigmoid_router(const ConfigReader& config, const spec::Moe& moe,
                                    const GroupDefaults& defaults) {
  spec::Router router{.score = spec::Router::Score::sigmoid,
                      .correction = true,
                      .groups = config.integer("n_group", defaults.groups),
                      .kept_groups = config.integer("topk_group", defaults.kept),
                      .renormalise = config.flag("norm_topk_prob", true),
                      .renormalise_eps = 1e-20,
                      .scale = config.number("routed_scaling_factor", defaults.scale),
                      .logits_in_float32 = true,
                      .weights_in_float32 = true};
  check_groups(config, moe, router);
  return router;
}

spec::SharedExperts shared_experts(std::int64_t inner, spec::Activation activation) {
  return {.mlp = {.inner = inner, .activation = activation}};
}

namespace {

std::vector<bool> from_types(const ConfigReader& config, const std::vector<std::string>& types) {
  check_per_layer(config, "mlp_layer_types", types.size());
  std::vector<bool> sparse;
  for (const auto& type : types) {
    if (type != "dense" && type != "sparse") {
      config.refuse("mlp_layer_types", "dense, sparse");
    }
    sparse.push_back(type == "sparse");
  }
  return sparse;
}

}  // namespace

std::vector<bool> sparse_layers(const ConfigReader& config, std::int64_t dense_first) {
  const auto layers = layer_count(config);
  const auto types = config.texts("mlp_layer_types");
  const auto first = config.integer("first_k_dense_replace", dense_first);
  const auto step = std::max<std::int64_t>(config.integer("decoder_sparse_step", 1), 1);
  const auto dense =
      config.has("mlp_only_layers") ? config.numbers("mlp_only_layers") : std::vector<double>{};
  if (!types.empty()) {
    return from_types(config, types);
  }
  std::vector<bool> sparse;
  for (std::int64_t i = 0; i < layers; ++i) {
    sparse.push_back(i >= first && (i + 1) % step == 0 &&
                     std::ranges::count(dense, static_cast<double>(i)) == 0);
  }
  return sparse;
}

std::vector<spec::Layer> routed_layers(const ConfigReader& config, const spec::Layer& layer,
                                       const spec::Moe& moe, const std::vector<bool>& sparse) {
  const bool all_sparse = std::ranges::count(sparse, false) == 0;
  // Read in any case: configs state the width of dense layers though they have none.
  const spec::Ffn dense =
      all_sparse && !config.has("intermediate_size") ? spec::Ffn(moe) : gated_mlp(config);
  std::vector<spec::Layer> layers(sparse.size(), layer);
  for (std::size_t i = 0; i < sparse.size(); ++i) {
    layers[i].ffn = sparse[i] ? spec::Ffn(moe) : dense;
  }
  return layers;
}

spec::WeightNames expert_names(const std::vector<spec::Rename>& more) {
  spec::WeightNames out{.renames = {{"mlp.experts.gate_proj", "mlp.experts.{}.gate_proj"},
                                    {"mlp.experts.up_proj", "mlp.experts.{}.up_proj"},
                                    {"mlp.experts.down_proj", "mlp.experts.{}.down_proj"}},
                        .groups = {},
                        .transposed = {},
                        .loaded = {{"mlp.experts.{}.gate_proj.weight", "mlp.experts.gate_up_proj"},
                                   {"mlp.experts.{}.up_proj.weight", "mlp.experts.gate_up_proj"},
                                   {"mlp.experts.{}.down_proj.weight", "mlp.experts.down_proj"}}};
  out.renames.insert(out.renames.end(), more.begin(), more.end());
  return out;
}

spec::WeightNames expert_names_beside_prediction(const spec::ModelSpec& model) {
  auto names = expert_names();
  names.ignored = {"model.layers." + std::to_string(model.layers.size())};
  return names;
}

}  // namespace automodel::models
