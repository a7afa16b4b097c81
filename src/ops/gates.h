#pragma once
// Functions of routers and gates whose bytes do not depend on the number of threads: LibTorch takes
// the last entries of each thread's share by another function than the others, and sums a softmax's
// gradient in another order where there is more than one thread.

#include <ATen/core/TensorBody.h>

namespace automodel::ops {

using at::Tensor;

/// 1 / (1 + e^-x) of each entry, in x's type. Traced by autograd.
Tensor sigmoid_of(const Tensor& x);

/// log(1 + e^x) of each entry, in x's type; x itself above 20, as torch's. Traced by autograd.
Tensor softplus_of(const Tensor& x);

/// e^x over the sum of them, of each row of the last dimension. x: float32. Traced by autograd.
Tensor softmax_of(const Tensor& x);

}  // namespace automodel::ops
