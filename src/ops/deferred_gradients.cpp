#include "ops/deferred_gradients.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <numeric>
#include <utility>

#include "base/deferral.h"
#include "base/meter.h"
#include "ops/cpu/dispatch.h"
#include "ops/cpu/operands.h"
#include "ops/grouped_product.h"
#include "ops/optimizer.h"
#include "tensor/threads.h"

namespace automodel::ops {
namespace {

bool is_same(const Tensor& a, const Tensor& b) { return a.defined() ? a.is_same(b) : !b.defined(); }

/// The products of each deferred group's rows with each other, [pairs, pairs] one behind the other.
class SelfProducts {
 public:
  SelfProducts(Rows rows, const DeferredGradient& of) : rows_(std::move(rows)), of_(&of) {
    std::int64_t entries = 0;
    for_each_group(of.product.counts_e, [&](std::int64_t e, std::int64_t, std::int64_t count) {
      entries += of.is_deferred(e) ? count * count : 0;
    });
    sums_ = at::empty({entries}, at::kFloat);
  }

  /// Whether they are those of these rows, of the same groups.
  bool is_of(const Rows& rows, const DeferredGradient& of) const {
    return is_same(rows_.matrix, rows.matrix) && is_same(rows_.index_p, rows.index_p) &&
           of_->computed_e == of.computed_e;
  }

  const float* data() const { return sums_.const_data_ptr<float>(); }

  void list(std::vector<cpu::Product>& out) const {
    auto* next = sums_.mutable_data_ptr<float>();
    for_each_group(of_->product.counts_e,
                   [&](std::int64_t e, std::int64_t begin, std::int64_t count) {
                     if (of_->is_deferred(e) && count > 0) {
                       const auto rows = operand_of(rows_, begin, false);
                       out.push_back({.a = rows,
                                      .b = rows,
                                      .out = {.data = next, .stride = count},
                                      .rows = count,
                                      .columns = count,
                                      .inner = rows_.matrix.size(1),
                                      .added = {},
                                      .squares = nullptr,
                                      .update = {}});
                       next += count * count;
                     }
                   });
  }

 private:
  Rows rows_;
  const DeferredGradient* of_;
  Tensor sums_;
};

/// A group's rows of both kinds of products, to be multiplied entry by entry and summed.
struct Pairing {
  const float* left;
  const float* right;
  std::int64_t pairs;
};

/// In one order, whatever the number of threads.
double sum_of(const std::vector<Pairing>& pairings, const cpu::AttentionKernels& kernels) {
  std::vector<double> sums(pairings.size());
  for_each_task(static_cast<std::int64_t>(pairings.size()), [&](std::int64_t task, std::int64_t) {
    const Pairing& pairing = pairings[static_cast<std::size_t>(task)];
    std::vector<float> dots(static_cast<std::size_t>(pairing.pairs));
    const auto view = [&](const float* first) -> cpu::HeadsView {
      return {.data = const_cast<float*>(first),
              .storage = cpu::Storage::float32,
              .token_stride = pairing.pairs,
              .head_stride = pairing.pairs};
    };
    kernels.dots({.a = view(pairing.left),
                  .b = view(pairing.right),
                  .token_begin = 0,
                  .token_end = pairing.pairs,
                  .heads = 1,
                  .width = pairing.pairs,
                  .out = dots.data()});
    sums[static_cast<std::size_t>(task)] = std::accumulate(dots.begin(), dots.end(), 0.0);
  });
  return std::accumulate(sums.begin(), sums.end(), 0.0);
}

}  // namespace

std::int64_t DeferredGradient::deferred_pairs() const {
  std::int64_t out = 0;
  for_each_group(product.counts_e, [&](std::int64_t e, std::int64_t, std::int64_t count) {
    out += is_deferred(e) ? count : 0;
  });
  return out;
}

bool DeferredGradients::take(const Tensor& weight, const GroupedOuterProduct& gradient) {
  if (!weight.is_leaf() || find(weight) != nullptr || !can_update(gradient, weight)) {
    return false;
  }
  DeferredGradient kept{.product = gradient, .computed_gmn = {}, .computed_e = {}};
  std::vector<std::int64_t> many;
  for (const auto pairs : gradient.counts_e) {
    const auto e = static_cast<std::int64_t>(kept.computed_e.size());
    const bool is_one = !defers_gradient(pairs, gradient.m(), gradient.n());
    kept.computed_e.push_back(is_one ? static_cast<std::int64_t>(many.size()) : -1);
    if (is_one) {
      many.push_back(e);
    }
  }
  if (many.size() == gradient.counts_e.size()) {
    return false;
  }
  if (!many.empty()) {
    kept.computed_gmn = grouped_outer_product(gradient, many, weight.scalar_type());
  }
  kept_.push_back({weight, std::move(kept)});
  return true;
}

void DeferredGradients::add_to_computed() {
  const at::NoGradGuard no_grad;
  std::erase_if(kept_, [](const Kept& kept) {
    Tensor& grad = kept.weight.mutable_grad();
    if (grad.defined()) {
      grad = grad + grouped_outer_product(kept.gradient.product, at::kFloat);
    }
    return grad.defined();
  });
}

const DeferredGradient* DeferredGradients::find(const Tensor& weight) const {
  const auto found =
      std::ranges::find_if(kept_, [&](const Kept& kept) { return kept.weight.is_same(weight); });
  return found == kept_.end() ? nullptr : &found->gradient;
}

double DeferredGradients::sum_of_squares() const {
  if (kept_.empty()) {
    return 0;
  }
  const OperationTimer timer("gradient norm");
  const auto* kernels = cpu::kernels();
  std::vector<SelfProducts> products;
  const auto place_of = [&](const Rows& rows, const DeferredGradient& of) {
    const auto found =
        std::ranges::find_if(products, [&](const SelfProducts& p) { return p.is_of(rows, of); });
    return found != products.end() ? found->data() : products.emplace_back(rows, of).data();
  };
  std::vector<Pairing> pairings;
  std::vector<Tensor> computed;
  for (const Kept& kept : kept_) {
    const DeferredGradient& gradient = kept.gradient;
    const float* left = place_of(gradient.product.left, gradient);
    const float* right = place_of(gradient.product.right, gradient);
    for_each_group(gradient.product.counts_e,
                   [&](std::int64_t e, std::int64_t, std::int64_t pairs) {
                     if (gradient.is_deferred(e)) {
                       pairings.push_back({left, right, pairs});
                       left += pairs * pairs;
                       right += pairs * pairs;
                     }
                   });
    if (gradient.computed_gmn.defined()) {
      computed.push_back(gradient.computed_gmn);
    }
  }
  std::vector<cpu::Product> gemms;
  for (const auto& one : products) {
    one.list(gemms);
  }
  cpu::gemm(kernels->gemm, gemms);
  // by rounding the sum of small ones can be below 0
  return ops::sum_of_squares(computed) + std::max(sum_of(pairings, kernels->attention), 0.0);
}

double sum_of_squares_reference(const GroupedOuterProduct& of) {
  double sum = 0;
  for_each_group(of.counts_e, [&](std::int64_t, std::int64_t begin, std::int64_t count) {
    const Tensor left = rows_of(of.left, begin, count).to(at::kDouble);
    const Tensor right = rows_of(of.right, begin, count).to(at::kDouble);
    sum += left.t().matmul(right).square().sum().item<double>();
  });
  return sum;
}

}  // namespace automodel::ops
