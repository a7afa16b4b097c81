#pragma once
// What families with a mixture of experts share when they turn config.json into a spec.

#include <optional>
#include <string_view>
#include <vector>

#include "models/config_reader.h"
#include "spec/model_spec.h"
#include "spec/weight_map.h"

namespace automodel::models {

/// What holds where config.json is silent.
struct MoeDefaults {
  std::int64_t experts = 0;
  std::int64_t per_token = 0;
  std::int64_t inner = 0;
  std::string_view inner_key = "moe_intermediate_size";
  std::string_view experts_key = "num_experts";  // or one of its other usual names
  std::string_view per_token_key = "num_experts_per_tok";
  /// Of the balance loss, `router_aux_loss_coef`; none: Transformers has no such loss here.
  std::optional<double> balance_loss = {};
};

/// Number, width and activation of the experts as most configs name them; softmax over all experts.
/// The balance loss acts, as in Transformers, where `output_router_logits` is true.
/// Throws Error(corrupt_data) if the config asks for more experts per token than there are.
spec::Moe routed_experts(const ConfigReader& config, const MoeDefaults& defaults);

/// What holds where config.json is silent about groups of experts.
struct GroupDefaults {
  std::int64_t groups = 1;
  std::int64_t kept = 1;
  double scale = 1;
};

/// DeepSeek-V3's router, from `n_group`, `topk_group`, `norm_topk_prob` and
/// `routed_scaling_factor`: sigmoid scores, a correction for the choice, groups by the sum of their
/// best two. Throws Error(corrupt_data) for groups that do not fit the experts.
spec::Router grouped_sigmoid_router(const ConfigReader& config, const spec::Moe& moe,
                                    const GroupDefaults& defaults = {});

/// Throws Error(corrupt_data) for groups that do not fit the experts.
void check_groups(const ConfigReader& config, const spec::Moe& moe, const spec::Router& router);

/// A shared expert of this width with the routed experts' activation.
spec::SharedExperts shared_experts(std::int64_t inner, spec::Activation activation);

/// For each layer, whether it routes: from `mlp_layer_types` ("sparse" or "dense"); else all from
/// `first_k_dense_replace` (silent: `dense_first`) on, by `decoder_sparse_step`, without the
/// `mlp_only_layers`.
std::vector<bool> sparse_layers(const ConfigReader& config, std::int64_t dense_first = 0);

/// Copies of `layer` with these experts, or a dense feed-forward of width `intermediate_size` where
/// the layer is not sparse.
std::vector<spec::Layer> routed_layers(const ConfigReader& config, const spec::Layer& layer,
                                       const spec::Moe& moe, const std::vector<bool>& sparse);

/// One tensor per expert and projection, as Transformers' Qwen2-MoE: mlp.experts.3.up_proj.weight,
/// which it fuses when it loads them. `more`: what else has another name in files.
spec::WeightNames expert_names(const std::vector<spec::Rename>& more = {});

/// The same where the files hold a layer behind the last one, which predicts further tokens and is
/// not part of the model.
spec::WeightNames expert_names_beside_prediction(const spec::ModelSpec& model);

}  // namespace automodel::models
