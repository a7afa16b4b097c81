#pragma once
// Sums of rows of a matrix that are picked by number.

#include "ops/grouped_product.h"

namespace automodel::ops {

/// Sum of weights_p[p] times row p over the pairs of each group: [groups, d] in the rows' dtype,
/// zero for a group without pairs. Sums in float32 (float64 of float64 rows), each in the order of
/// its pairs, rounded once. weights_p may be undefined: 1. No autograd.
Tensor grouped_row_sums(const Rows& rows, const GroupCounts& counts_g,
                        const Tensor& weights_p = {});

/// The plain reference.
Tensor grouped_row_sums_reference(const Rows& rows, const GroupCounts& counts_g,
                                  const Tensor& weights_p = {});

}  // namespace automodel::ops
