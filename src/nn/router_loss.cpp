#include "nn/router_loss.h"

#include "base/error.h"
#include "nn/moe.h"
#include "ops/router_loss.h"
#include "spec/parameters.h"

namespace automodel::nn {
namespace {

RouterLoad load_of(const spec::Moe& moe, const RouterOutput& router) {
  const Tensor counts_e = ops::expert_counts(router.choice->experts_tk, moe.experts).cpu();
  const auto* first = counts_e.const_data_ptr<std::int64_t>();
  return {.layer = router.layer, .counts_e = {first, first + moe.experts}};
}

/// Counts and probabilities of all layers that have the balance loss, added up.
struct AllLayers {
  Tensor counts_e, probability_e;
  std::int64_t rows = 0;
  double coefficient = 0;

  void add(const spec::Moe& moe, const RouterOutput& router, const Tensor& own_probability_e) {
    const auto& choice = *router.choice;
    const Tensor counted_tk =
        choice.likeliest_tk.defined() ? choice.likeliest_tk : choice.experts_tk;
    const Tensor own_e = ops::expert_counts(counted_tk, moe.experts);
    check(rows == 0 || counts_e.numel() == moe.experts, ErrorKind::unsupported,
          "the balance loss is over all layers together, but layer {} has {} experts where others "
          "have {}; leave output_router_logits off",
          router.layer, moe.experts, counts_e.defined() ? counts_e.numel() : 0);
    counts_e = rows == 0 ? own_e : counts_e + own_e;
    probability_e = rows == 0 ? own_probability_e : probability_e + own_probability_e;
    rows += counted_tk.size(0);
    coefficient = moe.training.balance_loss;
  }
};

/// A sum of weighted losses that may be empty.
struct WeightedSum {
  Tensor total;
  void add(const Tensor& loss, double weight) {
    if (weight != 0) {
      total = total.defined() ? total + loss * weight : loss * weight;
    }
  }
};

}  // namespace

void RouterReport::add(const RouterReport& part) {
  balance_loss += part.balance_loss;
  loss += part.loss;
  if (layers.empty()) {
    layers = part.layers;
    return;
  }
  for (std::size_t i = 0; i < layers.size(); ++i) {
    layers[i].sequence_balance_loss += part.layers[i].sequence_balance_loss;
    layers[i].z_loss += part.layers[i].z_loss;
    for (std::size_t e = 0; e < layers[i].counts_e.size(); ++e) {
      layers[i].counts_e[e] += part.layers[i].counts_e[e];
    }
  }
}

RouterLoss router_loss(const spec::ModelSpec& model, const std::vector<RouterOutput>& routers,
                       double per_token) {
  RouterLoss out;
  WeightedSum sum;
  AllLayers all;
  for (const auto& router : routers) {
    const auto& moe = *spec::moe_of(model.layers[router.layer]);
    auto& load = out.report.layers.emplace_back(load_of(moe, router));
    if (!router.sums.defined()) {
      continue;
    }
    const auto sums = RouterSums::of(router.sums);
    load.sequence_balance_loss = sums.sequence_balance.item<double>() * per_token;
    load.z_loss = sums.z.item<double>() * per_token;
    sum.add(sums.sequence_balance, moe.training.sequence_balance_loss * per_token);
    sum.add(sums.z, moe.training.z_loss * per_token);
    if (moe.training.balance_loss != 0) {
      all.add(moe, router, sums.probability_e);
    }
  }
  if (all.rows > 0) {
    const Tensor balance = ops::balance_loss(all.counts_e, all.probability_e, all.rows);
    const auto tokens = static_cast<double>(routers.front().choice->experts_tk.size(0));
    out.report.balance_loss = balance.item<double>() * tokens * per_token;
    sum.add(balance, all.coefficient * tokens * per_token);
  }
  out.loss = sum.total;
  out.report.loss = out.loss.defined() ? out.loss.item<double>() : 0;
  return out;
}

}  // namespace automodel::nn
