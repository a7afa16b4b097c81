#include "train/moe_metrics.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace automodel::train {
namespace {

using Values = std::vector<double>;

double sum_of(const Values& values) { return std::accumulate(values.begin(), values.end(), 0.0); }

double mean_of(const Values& values) { return sum_of(values) / static_cast<double>(values.size()); }

double median_of(const Values& sorted) {
  const auto middle = sorted.size() / 2;
  return sorted.size() % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

Values sorted(Values values) {
  std::ranges::sort(values);
  return values;
}

/// How one layer used its experts.
struct LayerUse {
  std::size_t layer = 0;
  Values utilization;  // 1: the mean
  double cv = 0;
  double dead = 0;       // share of experts without tokens
  double diversity = 0;  // exp(entropy of the loads) / experts
  double aux_loss = 0;

  static LayerUse of(const nn::RouterLoad& load) {
    const Values counts(load.counts_e.begin(), load.counts_e.end());
    const auto experts = static_cast<double>(counts.size());
    const double mean = mean_of(counts);
    LayerUse use{.layer = load.layer, .aux_loss = load.sequence_balance_loss};
    double squares = 0, entropy = 0;
    for (const double count : counts) {
      use.utilization.push_back(count / mean);
      squares += (count - mean) * (count - mean);
      const double share = count / (mean * experts);
      entropy -= share > 0 ? share * std::log(share) : 0;
      use.dead += count == 0 ? 1 / experts : 0;
    }
    use.cv = counts.size() > 1 ? std::sqrt(squares / (experts - 1)) / mean : 0;
    use.diversity = std::exp(entropy) / experts;
    return use;
  }
};

Values of_layers(const std::vector<LayerUse>& layers, double LayerUse::* member) {
  Values out;
  std::ranges::transform(layers, std::back_inserter(out),
                         [&](const LayerUse& use) { return use.*member; });
  return out;
}

void add_layers(Json& out, const std::vector<LayerUse>& layers) {
  for (const auto& use : layers) {
    const auto prefix = fmt::format("moe/layer_{}/", use.layer);
    out[prefix + "cv"] = use.cv;
    if (use.aux_loss != 0) {
      out[prefix + "aux_loss"] = use.aux_loss;
    }
    out[prefix + "utilization_mean"] = mean_of(use.utilization);
    out[prefix + "dead_expert_frac"] = use.dead;
    out[prefix + "expert_diversity"] = use.diversity;
  }
}

/// The most and the least used experts of all layers.
void add_extremes(Json& out, const std::vector<LayerUse>& layers, std::int64_t top_k) {
  std::vector<std::pair<double, std::string>> all;
  for (const auto& use : layers) {
    for (std::size_t e = 0; e < use.utilization.size(); ++e) {
      all.emplace_back(use.utilization[e],
                       fmt::format("moe_expert_utilization/layer_{}_expert_{}", use.layer, e));
    }
  }
  std::ranges::stable_sort(all, {}, &std::pair<double, std::string>::first);
  const auto k = std::min(static_cast<std::size_t>(top_k), all.size());
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (i < k || i >= all.size() - k) {
      out[all[i].second] = all[i].first;
    }
  }
}

void add_totals(Json& out, const std::vector<LayerUse>& layers) {
  const auto cv = sorted(of_layers(layers, &LayerUse::cv));
  out["moe/cv_mean"] = mean_of(cv);
  out["moe/cv_median"] = median_of(cv);
  out["moe/cv_min"] = cv.front();
  out["moe/cv_max"] = cv.back();
  if (const double aux_loss = mean_of(of_layers(layers, &LayerUse::aux_loss)); aux_loss != 0) {
    out["moe/aux_loss_mean"] = aux_loss;
  }
  Values use;
  for (const auto& layer : layers) {
    use.insert(use.end(), layer.utilization.begin(), layer.utilization.end());
  }
  use = sorted(std::move(use));
  const bool has_quarters = use.size() >= 4;
  out["moe/expert_utilization_p25"] = has_quarters ? use[use.size() / 4] : use.front();
  out["moe/expert_utilization_median"] = median_of(use);
  out["moe/expert_utilization_p75"] = has_quarters ? use[3 * use.size() / 4] : use.back();
  out["moe/expert_utilization_min"] = use.front();
  out["moe/expert_utilization_max"] = use.back();
  const auto diversity = sorted(of_layers(layers, &LayerUse::diversity));
  out["moe/dead_expert_frac_mean"] = mean_of(of_layers(layers, &LayerUse::dead));
  out["moe/expert_diversity_mean"] = mean_of(diversity);
  out["moe/expert_diversity_min"] = diversity.front();
}

}  // namespace

Json router_losses(const nn::RouterReport& routers) {
  Json out = Json::object();
  Values sequence, z;
  for (const auto& load : routers.layers) {
    sequence.push_back(load.sequence_balance_loss);
    z.push_back(load.z_loss);
  }
  const auto add = [&](const char* name, double value) {
    if (value != 0) {
      out[name] = value;
    }
  };
  add("aux_loss", routers.loss);
  add("balance_loss", routers.balance_loss);
  add("sequence_balance_loss", sequence.empty() ? 0 : mean_of(sequence));
  add("z_loss", z.empty() ? 0 : mean_of(z));
  return out;
}

Json moe_metrics(const config::MoeMetrics& options, std::int64_t step,
                 const nn::RouterReport& routers) {
  Json out = Json::object();
  if (!options.enabled || routers.layers.empty()) {
    return out;
  }
  std::vector<LayerUse> layers;
  std::ranges::transform(routers.layers, std::back_inserter(layers), LayerUse::of);
  add_totals(out, layers);
  add_extremes(out, layers, options.top_k_experts);
  if (options.detailed && step % options.detailed_every_steps.value_or(1) == 0) {
    add_layers(out, layers);
  }
  return out;
}

}  // namespace automodel::train
