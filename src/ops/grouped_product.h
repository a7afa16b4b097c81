#pragma once
// Products of rows with the weight of their own expert, all experts at once.
// Shapes: e experts, p pairs of token and expert in the order of the experts, k and n widths.

#include <ATen/core/TensorBody.h>

#include "ops/grouped_rows.h"

namespace automodel::ops {

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

/// In `dtype`.
Tensor grouped_outer_product(const GroupedOuterProduct& of, at::ScalarType dtype);
/// Of these groups alone, [groups, m, n]; on a CPU.
Tensor grouped_outer_product(const GroupedOuterProduct& of, const std::vector<std::int64_t>& groups,
                             at::ScalarType dtype);

}  // namespace automodel::ops
