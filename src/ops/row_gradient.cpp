#include "ops/row_gradient.h"

#include <ATen/ATen.h>

namespace automodel::ops {

Tensor gradient_of(const GradientRows& rows, std::int64_t num_rows) {
  return at::_sparse_coo_tensor_unsafe(rows.ids_n.unsqueeze(0), rows.values_nd,
                                       {num_rows, rows.values_nd.size(1)},
                                       rows.values_nd.options().layout(at::kSparse),
                                       /*is_coalesced=*/true);
}

GradientRows rows_of(const Tensor& gradient_vd) {
  // Autograd forgets that a gradient is coalesced, so look.
  const Tensor ids_n = gradient_vd._indices()[0];
  const bool increases = ids_n.diff().gt(0).all().item<bool>();
  const Tensor rows = increases ? gradient_vd : gradient_vd.coalesce();
  return {rows._indices()[0], rows._values()};
}

}  // namespace automodel::ops
