#pragma once
// The losses of a model's routers over one micro-batch, and how evenly they used their experts.

#include <memory>
#include <vector>

#include "nn/sequence.h"

namespace automodel::nn {

/// What one layer's router did in a forward.
struct RouterOutput {
  std::size_t layer = 0;
  std::shared_ptr<const RoutingRecord> choice;
  Tensor sums;  // RouterSums; undefined: the spec has no loss for it, or it was not asked
};

/// One layer's part of a RouterReport; losses are means over tokens, without their coefficient.
struct RouterLoad {
  std::size_t layer = 0;
  std::vector<std::int64_t> counts_e;  // tokens of each expert
  double sequence_balance_loss = 0;
  double z_loss = 0;
  bool operator==(const RouterLoad&) const = default;
};

struct RouterReport {
  std::vector<RouterLoad> layers;  // those that route
  double balance_loss = 0;         // over all layers, without its coefficient
  double loss = 0;                 // what is added to the tokens' loss
  /// Adds a further micro-batch of the same step.
  void add(const RouterReport& part);
  bool operator==(const RouterReport&) const = default;
};

struct RouterLoss {
  Tensor loss;  // traced by autograd; undefined: none
  RouterReport report;
};

/// per_token: 1 / (tokens of the step), so that a step's losses are the sums over its micro-batches
/// and its report the sum of their reports. The balance loss is that of the micro-batch, which then
/// weighs as many tokens as it has.
RouterLoss router_loss(const spec::ModelSpec& model, const std::vector<RouterOutput>& routers,
                       double per_token);

}  // namespace automodel::nn
