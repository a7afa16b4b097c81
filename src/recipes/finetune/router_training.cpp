#include "recipes/finetune/router_training.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "spec/parameters.h"

namespace automodel::recipes {
namespace {

/// The experts of the first layer that routes; null: none does.
const spec::Moe* first_moe(const spec::ModelSpec& model) {
  for (const auto& layer : model.layers) {
    if (const auto* moe = spec::moe_of(layer)) {
      return moe;
    }
  }
  return nullptr;
}

void check_overrides(const spec::ModelSpec& model, const config::Recipe& recipe) {
  const auto& overrides = recipe.model.moe_overrides;
  const auto* moe = first_moe(model);
  check(moe != nullptr || overrides == config::MoeOverrides(), ErrorKind::invalid_argument,
        "model.moe_overrides: {} has no routed experts; remove the section", model.model_type);
  if (overrides.gate_bias_update_factor.value_or(0) == 0) {
    return;
  }
  check(moe->router.correction, ErrorKind::invalid_argument,
        "model.moe_overrides.gate_bias_update_factor: the routers of {} have no correction bias "
        "that could be moved; use aux_loss_coeff to balance the experts",
        model.model_type);
  check(!recipe.peft, ErrorKind::invalid_argument,
        "model.moe_overrides.gate_bias_update_factor: correction biases belong to the base model, "
        "which peft leaves as it is; remove the key or train without peft");
}

/// `model.backend.fake_balanced_gate`.
bool routes_evenly(const spec::ModelSpec& model, const config::Recipe& recipe) {
  if (!recipe.model.backend.value("fake_balanced_gate", false)) {
    return false;
  }
  check(first_moe(model) != nullptr, ErrorKind::invalid_argument,
        "model.backend.fake_balanced_gate: {} has no routed experts; remove the key",
        model.model_type);
  check(recipe.model.moe_overrides == config::MoeOverrides(), ErrorKind::invalid_argument,
        "model.backend.fake_balanced_gate: the routers decide nothing then, and "
        "model.moe_overrides trains them; remove one");
  return true;
}

/// `model.backend.gate_precision`; other types are refused with the recipe.
bool routes_in_float32(const spec::ModelSpec& model, const config::Recipe& recipe) {
  const bool asked = recipe.model.backend.value("gate_precision", Json()) == "float32";
  check(!asked || first_moe(model) != nullptr, ErrorKind::invalid_argument,
        "model.backend.gate_precision: {} has no routed experts; remove the key", model.model_type);
  return asked;
}

}  // namespace

spec::ModelSpec with_router_training(spec::ModelSpec model, const config::Recipe& recipe) {
  check_overrides(model, recipe);
  const bool even = routes_evenly(model, recipe);
  const bool in_float32 = routes_in_float32(model, recipe);
  const auto& overrides = recipe.model.moe_overrides;
  for (auto& layer : model.layers) {
    if (auto* moe = spec::moe_of(layer)) {
      moe->router.logits_in_float32 = moe->router.logits_in_float32 || in_float32;
      auto& training = moe->training;
      if (even) {
        training = {.even = true};
        continue;
      }
      training.sequence_balance_loss =
          overrides.aux_loss_coeff.value_or(training.sequence_balance_loss);
      training.z_loss = overrides.z_loss_coeff.value_or(training.z_loss);
      training.correction_step =
          recipe.peft ? 0 : overrides.gate_bias_update_factor.value_or(training.correction_step);
    }
  }
  return model;
}

std::string describe_router_training(const spec::ModelSpec& model) {
  const auto* moe = first_moe(model);
  if (moe == nullptr) {
    return "";
  }
  const auto& training = moe->training;
  if (training.even) {
    return "model.backend.fake_balanced_gate: experts take turns, the routers decide nothing; for "
           "benchmarks, such a model is of no use";
  }
  std::vector<std::string> losses, parts;
  for (const auto& [name, coefficient] :
       {std::pair("balance", training.balance_loss),
        std::pair("balance of documents", training.sequence_balance_loss),
        std::pair("z", training.z_loss)}) {
    if (coefficient != 0) {
      losses.push_back(fmt::format("{} x{:g}", name, coefficient));
    }
  }
  if (!losses.empty()) {
    parts.push_back("losses: " + join(losses, ", "));
  }
  if (training.correction_step != 0) {
    parts.push_back(fmt::format("corrections move by {:g} a step", training.correction_step));
  }
  return join(parts, "; ");
}

std::vector<std::string> idle_router_keys(const config::Recipe& recipe,
                                          const spec::ModelSpec& model) {
  const auto& overrides = recipe.model.config_overrides;
  const auto given = overrides.find("router_aux_loss_coef");
  const bool asked = given != overrides.end() && given->is_number() && given->get<double>() > 0;
  const bool acts = std::ranges::any_of(model.layers, [](const spec::Layer& layer) {
    const auto* moe = spec::moe_of(layer);
    return moe != nullptr && moe->training.balance_loss != 0;
  });
  std::vector<std::string> out;
  if (asked && !acts) {
    out.emplace_back(
        "model.router_aux_loss_coef changes nothing: as in Transformers, the loss acts with "
        "model.output_router_logits: true, for language models of types that have it. Upstream's "
        "is model.moe_overrides.aux_loss_coeff");
  }
  if (recipe.moe_metrics.enabled && first_moe(model) == nullptr) {
    out.push_back(fmt::format("moe_metrics.enabled changes nothing: {} has no routed experts",
                              model.model_type));
  }
  return out;
}

}  // namespace automodel::recipes
