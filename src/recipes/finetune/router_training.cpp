#include "recipes/finetune/router_training.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "base/error.h"
#include "base/text.h"
#include "models/default_configs.h"
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

constexpr const char* kCoefficient = "router_aux_loss_coef";

/// The types whose implementation in upstream takes config.json's coefficient as the weight of its
/// balance loss, without a switch. Its others have none, or are Transformers' classes.
constexpr auto kBalancedUpstream =
    std::to_array<std::string_view>({"ernie4_5_moe", "gpt_oss", "laguna", "qwen3_moe"});

double number_at(const Json& object, const char* key, double otherwise) {
  const auto found = object.find(key);
  return found != object.end() && found->is_number() ? found->get<double>() : otherwise;
}

/// What upstream would train with; 0: nothing.
double upstreams_coefficient(const spec::ModelSpec& model, const Json& config) {
  const bool is_balanced = std::ranges::count(kBalancedUpstream, model.model_type) > 0;
  return is_balanced && !model.is_classifier()
             ? number_at(config, kCoefficient,
                         number_at(models::fixed_defaults(model.model_type), kCoefficient, 0))
             : 0;
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
      training.float32_correction = !recipe.peft;
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
                                          const spec::ModelSpec& model, const Json& config) {
  const bool asked = number_at(recipe.model.config_overrides, kCoefficient, 0) > 0;
  const auto* moe = first_moe(model);
  const bool acts = moe != nullptr && moe->training.balance_loss != 0;
  const bool decides = moe != nullptr && !moe->training.even;
  const double upstreams = upstreams_coefficient(model, config);
  std::vector<std::string> out;
  if (asked && !acts) {
    out.emplace_back(
        "model.router_aux_loss_coef changes nothing: as in Transformers, the loss acts with "
        "model.output_router_logits: true, for language models of types that have it. Upstream's "
        "is model.moe_overrides.aux_loss_coeff");
  } else if (upstreams > 0 && decides && !acts && !recipe.model.moe_overrides.aux_loss_coeff) {
    out.push_back(
        fmt::format("the model's {0} {1:g} changes nothing: as in Transformers, the loss acts with "
                    "model.output_router_logits: true. Upstream trains {2} with a balance loss of "
                    "that weight; for one, set model.moe_overrides.aux_loss_coeff: {1:g}",
                    kCoefficient, upstreams, model.model_type));
  }
  if (recipe.moe_metrics.enabled && moe == nullptr) {
    out.push_back(fmt::format("moe_metrics.enabled changes nothing: {} has no routed experts",
                              model.model_type));
  }
  return out;
}

}  // namespace automodel::recipes
