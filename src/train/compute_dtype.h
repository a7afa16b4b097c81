#pragma once
// In which type the arithmetic runs.

#include <ATen/core/TensorBody.h>

#include <string>

namespace automodel::train {

/// True if this processor multiplies bfloat16 (AVX512-BF16 or AMX). Without it LibTorch's bfloat16
/// products are loops up to 100 times slower than float32.
bool cpu_has_bfloat16();

/// A type and why it was chosen, for the plan.
struct ComputeDtype {
  at::ScalarType dtype = at::kFloat;
  std::string reason;
};

/// `name` is the recipe's compute_dtype. auto: bfloat16 if the weights are stored so and the
/// processor has it, else float32.
/// Throws Error(unsupported) for anything but auto, float32 and bfloat16.
ComputeDtype resolve_compute_dtype(const std::string& name, at::ScalarType storage,
                                   bool has_bfloat16 = cpu_has_bfloat16());

}  // namespace automodel::train
