#pragma once
// Kernels of gradients and optimizers on lists of tensors: one parallel region for all of them.

#include <ATen/core/TensorBody.h>

#include <span>
#include <vector>

#include "ops/cpu/kernels.h"

namespace automodel::ops::cpu {

/// Elements of one tensor.
struct Run {
  Elements elements;
  Index size = 0;
};

/// Sum of the squares of all elements: float32 sums of a fixed number of them, added in float64 in
/// one order whatever the number of threads.
double sum_of_squares(const UpdateKernels& kernels, std::span<const Run> runs);

/// Entries that one thread takes at once.
inline constexpr Index kEntriesOfTask = 1 << 16;

/// The task's entries from number `begin`, which is even, on.
AdamTask part_of(AdamTask task, Index begin, Index size);

/// Each task may be of any size; they must not overlap.
void adam(const UpdateKernels& kernels, std::span<const AdamTask> tasks);

}  // namespace automodel::ops::cpu
