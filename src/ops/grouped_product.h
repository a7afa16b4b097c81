#pragma once
// Products of rows with the weight of their own expert, all experts at once.
// Shapes: e experts, p pairs of token and expert in the order of the experts, k and n widths.

#include <ATen/core/TensorBody.h>

#include <cstdint>
#include <vector>

namespace automodel::ops {

using at::Tensor;

/// Rows of a matrix, group by group.
struct Rows {
  Tensor matrix;   // [rows, k]
  Tensor index_p;  // int64: row of the matrix for each pair; undefined: pair p is row p
};

/// The rows of pairs begin .. begin + count - 1.
Tensor rows_of(const Rows& rows, std::int64_t begin, std::int64_t count);

/// Pairs of each group: group e has counts_e[e] of them, behind those of the groups before.
using GroupCounts = std::vector<std::int64_t>;

/// A grouped product with few terms that is added to another one: rows [p, r], weight [e, r, n];
/// undefined: none. Our kernels add it before they round.
struct AddedGroupedProduct {
  Tensor rows_pr, weight_ern;
  bool defined() const { return rows_pr.defined(); }
};

/// y_p = rows_p W_e + bias_e + added, [p, n] in the rows' dtype; weights may be stored in another
/// one (as matrix_product()). bias_en may be undefined. Groups without pairs cost nothing. No
/// autograd.
Tensor grouped_product(const Rows& rows, const GroupCounts& counts_e, const Tensor& weight_ekn,
                       const Tensor& bias_en = {}, const AddedGroupedProduct& added = {});

/// Adds such a product to y_pn, which is contiguous; one in bfloat16 is rounded once more.
void add_grouped_product_(const Tensor& y_pn, const Rows& rows, const GroupCounts& counts_e,
                          const Tensor& weight_ekn, const AddedGroupedProduct& added = {});

/// Sum over each group's pairs of left_p^T right_p: [e, m, n] in `dtype`, zero for a group without
/// pairs.
Tensor grouped_outer_product(const Rows& left, const Rows& right, const GroupCounts& counts_e,
                             at::ScalarType dtype);

}  // namespace automodel::ops
