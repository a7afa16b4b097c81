#pragma once
// Gradients of experts' weights that nobody computes before the update: an expert with few rows has
// a gradient that is much larger than the rows that it is a product of.

#include <cstdint>
#include <vector>

#include "ops/grouped_rows.h"

namespace automodel::ops {

/// The gradient [e, m, n] of one weight. Groups with few pairs are not computed yet.
struct DeferredGradient {
  GroupedOuterProduct product;  // of all groups
  /// Those with many pairs, one behind the other, [groups, m, n]; undefined: there are none.
  Tensor computed_gmn;
  /// Of each group, its number among the computed ones; -1: it is none of them.
  std::vector<std::int64_t> computed_e;

  bool is_deferred(std::int64_t e) const { return computed_e[static_cast<std::size_t>(e)] < 0; }
  /// Of the groups that are deferred.
  std::int64_t deferred_pairs() const;
  /// [m, n], of a group that is not deferred.
  Tensor computed_of(std::int64_t e) const {
    return computed_gmn[computed_e[static_cast<std::size_t>(e)]];
  }
};

/// Of one backward. The update takes each product while it is in the caches (AdamUpdate); until
/// then memory holds its rows alone, and the norm of all gradients comes from these: the squares of
/// a gradient sum up to the sum over pairs i, j of one expert of (left_i . left_j) (right_i .
/// right_j).
class DeferredGradients {
 public:
  /// Keeps the gradient of `weight`, [e, m, n]; false if the caller has to compute it: the weight
  /// is made from others (no leaf of autograd's) or has one already, our kernels do not take it, or
  /// no group has few pairs (base/deferral.h).
  bool take(const Tensor& weight, const GroupedOuterProduct& gradient);

  /// Behind a backward: of a weight that autograd has a gradient of too, since it was used several
  /// times, both are added there.
  void add_to_computed();

  /// What was kept for this weight; null: nothing.
  const DeferredGradient* find(const Tensor& weight) const;

  /// Of all entries of all gradients that are kept.
  double sum_of_squares() const;

  /// Weights whose gradients are kept.
  std::size_t size() const { return kept_.size(); }
  void clear() { kept_.clear(); }

 private:
  struct Kept {
    Tensor weight;
    DeferredGradient gradient;
  };
  std::vector<Kept> kept_;
};

/// The plain reference of a sum of squares, in float64.
double sum_of_squares_reference(const GroupedOuterProduct& of);

}  // namespace automodel::ops
