#pragma once
// Rows of tokens in the order of their experts, and what is summed over the rows of each.
// Shapes: e experts, p pairs of token and expert in the order of the experts, m and n widths.

#include <ATen/core/TensorBody.h>

#include <cstdint>
#include <vector>

#include "ops/cpu/gemm.h"

namespace automodel::ops {

using at::Tensor;

/// Rows of a matrix, group by group.
struct Rows {
  Tensor matrix;   // [rows, k]
  Tensor index_p;  // int64: row of the matrix for each pair; undefined: pair p is row p
};

std::int64_t num_pairs(const Rows& rows);

/// The rows of pairs begin .. begin + count - 1.
Tensor rows_of(const Rows& rows, std::int64_t begin, std::int64_t count);

/// Pairs of each group: group e has counts_e[e] of them, behind those of the groups before.
using GroupCounts = std::vector<std::int64_t>;

/// Calls work(group, first pair, pairs) for each group, the empty ones too.
template <class Work>
void for_each_group(const GroupCounts& counts_e, const Work& work) {
  std::int64_t begin = 0;
  for (std::size_t e = 0; e < counts_e.size(); ++e) {
    work(static_cast<std::int64_t>(e), begin, counts_e[e]);
    begin += counts_e[e];
  }
}

/// The sum over each group's pairs of left_p^T right_p, [e, m, n], zero for a group without pairs.
struct GroupedOuterProduct {
  Rows left, right;  // [p, m], [p, n]
  GroupCounts counts_e;

  std::int64_t m() const { return left.matrix.size(1); }
  std::int64_t n() const { return right.matrix.size(1); }
};

/// Our kernels, if they take rows like these beside `other`; else null.
const cpu::Kernels* kernels_for(const Rows& rows, const Tensor& other);

/// Of the pairs from `begin`, as [pairs, width] or, for sums over pairs, [width, pairs].
cpu::Operand operand_of(const Rows& rows, std::int64_t begin, bool sums_pairs);

/// Whether our kernels take it as the gradient of an update of this weight (cpu::Product::update).
bool can_update(const GroupedOuterProduct& of, const Tensor& weight_emn);

/// One for each group, without a place for it. Reads the memory of `of`.
std::vector<cpu::Product> outer_products(const GroupedOuterProduct& of);

}  // namespace automodel::ops
