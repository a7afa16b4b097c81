#pragma once
// What a recipe says about the training of routers.

#include <string>
#include <vector>

#include "config/recipe.h"
#include "spec/model_spec.h"

namespace automodel::recipes {

/// The model with `model.moe_overrides` and `model.backend.fake_balanced_gate`. Corrections
/// are float32, so that a run may go on with another step; where adapters are trained they stay as
/// they are: an adapter could not hold them. Throws Error(invalid_argument) if
/// the model has no experts, no correction to move, adapters are trained and corrections were asked
/// for, or routers that decide nothing were to be trained.
spec::ModelSpec with_router_training(spec::ModelSpec model, const config::Recipe& recipe);

/// "losses: balance x0.001, z x0.0001; corrections move by 0.001 a step"; empty: nothing.
std::string describe_router_training(const spec::ModelSpec& model);

/// Warnings for keys about routers that change nothing, among them the router_aux_loss_coef of
/// `config`, the model's config.json, where upstream trains with it.
std::vector<std::string> idle_router_keys(const config::Recipe& recipe,
                                          const spec::ModelSpec& model, const Json& config);

}  // namespace automodel::recipes
