#pragma once
// What the squares of a gradient sum up to, kept with it by whoever wrote it: the norm of all
// gradients need not read them once more.

#include <ATen/core/TensorBody.h>

#include <optional>

namespace automodel::ops {

using at::Tensor;

/// The tensor's entries now have this sum of squares, or had it before they were rounded to its
/// type.
void set_known_squares(const Tensor& tensor, double sum);

/// The sum, if the tensor is still what it was: a result of another operation has none, and any
/// operation of LibTorch in place makes it forgotten. What writes through a pointer has to set it.
std::optional<double> known_squares(const Tensor& tensor);

}  // namespace automodel::ops
