#include "ops/row_sums.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "base/meter.h"
#include "ops/cpu/rows.h"

namespace automodel::ops {
namespace {

/// [pairs of a group, ..] or [groups, pairs of each, ..]: the sum over the pairs.
Tensor weighted_sum(const Tensor& x, const Tensor& weights, std::int64_t dim) {
  const auto precise = at::promote_types(x.scalar_type(), at::kFloat);
  return (weights.defined() ? x * weights.to(precise).unsqueeze(-1) : x).sum(dim, false, precise);
}

bool are_even(const GroupCounts& counts_g) {
  return !counts_g.empty() &&
         std::all_of(counts_g.begin(), counts_g.end(),
                     [&](std::int64_t count) { return count == counts_g.front(); });
}

}  // namespace

Tensor grouped_row_sums(const Rows& rows, const GroupCounts& counts_g, const Tensor& weights_p) {
  const OperationTimer timer("sums of rows");
  const auto* kernels = cpu::row_kernels_for({rows.matrix});
  if (kernels == nullptr) {
    return grouped_row_sums_reference(rows, counts_g, weights_p);
  }
  const auto groups = static_cast<std::int64_t>(counts_g.size());
  const Tensor out_gd = at::empty({groups, rows.matrix.size(1)}, rows.matrix.options());
  const Tensor index_p = rows.index_p.defined() ? rows.index_p.contiguous() : Tensor();
  const Tensor weights = weights_p.defined() ? weights_p.to(at::kFloat).contiguous() : Tensor();
  cpu::sum_rows(*kernels,
                {.x = cpu::elements_of(rows.matrix),
                 .index = index_p.defined() ? index_p.const_data_ptr<std::int64_t>() : nullptr,
                 .weights = weights.defined() ? weights.const_data_ptr<float>() : nullptr,
                 .width = rows.matrix.size(1),
                 .out = cpu::elements_of(out_gd)},
                counts_g);
  return out_gd;
}

Tensor grouped_row_sums_reference(const Rows& rows, const GroupCounts& counts_g,
                                  const Tensor& weights_p) {
  const auto groups = static_cast<std::int64_t>(counts_g.size());
  if (are_even(counts_g)) {  // one call for all groups
    const std::int64_t pairs = groups * counts_g.front();
    const auto by_group = [&](const Tensor& x_p) {
      return x_p.defined() ? x_p.unflatten(0, {groups, counts_g.front()}) : x_p;
    };
    return weighted_sum(by_group(rows_of(rows, 0, pairs)), by_group(weights_p), 1)
        .to(rows.matrix.scalar_type());
  }
  Tensor out_gd = at::empty({groups, rows.matrix.size(1)}, rows.matrix.options());
  std::int64_t begin = 0;
  for (std::int64_t g = 0; g < groups; ++g) {
    const auto count = counts_g[static_cast<std::size_t>(g)];
    const Tensor weights = weights_p.defined() ? weights_p.narrow(0, begin, count) : weights_p;
    out_gd[g].copy_(weighted_sum(rows_of(rows, begin, count), weights, 0));
    begin += count;
  }
  return out_gd;
}

}  // namespace automodel::ops
