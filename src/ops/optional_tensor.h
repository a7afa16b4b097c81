#pragma once
// Autograd nodes take no undefined tensors, and number only defined ones: absent inputs travel as
// empty tensors.

#include <ATen/ATen.h>

namespace automodel::ops {

inline at::Tensor or_empty(const at::Tensor& x) { return x.defined() ? x : at::empty({0}); }
inline at::Tensor or_undefined(const at::Tensor& x) { return x.numel() > 0 ? x : at::Tensor(); }

}  // namespace automodel::ops
