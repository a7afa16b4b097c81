#pragma once
// In which type the arithmetic runs.

#include <ATen/core/TensorBody.h>

#include <string>
#include <string_view>

namespace automodel::train {

/// True on a GPU, and if this processor multiplies bfloat16 (AVX512-BF16). A CPU without it
/// makes of LibTorch's bfloat16 products loops up to 100 times slower than float32.
bool has_bfloat16(const at::Device& device);

/// A type and why it was chosen, for the plan.
struct ComputeDtype {
  at::ScalarType dtype = at::kFloat;
  std::string reason;
};

/// `name` is the recipe's compute_dtype. auto: bfloat16 if the weights are stored so and the
/// device has it, else float32.
/// Throws Error(unsupported) for anything but auto, float32 and bfloat16.
ComputeDtype resolve_compute_dtype(const std::string& name, at::ScalarType storage, bool bfloat16);

/// A type in which weights are held, by its name. Throws Error(unsupported) that names `key` for
/// all but float32, bfloat16 and float16.
at::ScalarType storage_dtype_from_name(std::string_view key, const std::string& name);

}  // namespace automodel::train
