#pragma once
// Element types by the names that checkpoints and recipes use.

#include <ATen/core/TensorBody.h>

#include <string_view>

namespace automodel {

using at::Tensor;

/// A recipe's name: fp32 float32 torch.float32 bf16 bfloat16 fp16 float16 half float64 int64 ...
/// Throws Error(invalid_argument) for others.
at::ScalarType dtype_from_name(std::string_view name);
/// "float32", "bfloat16", ... as in config.json.
std::string_view dtype_name(at::ScalarType dtype);
/// A safetensors name (F32, BF16, I64, ...). Throws Error(unsupported) for others.
at::ScalarType dtype_from_safetensors(std::string_view name);
std::string_view safetensors_name(at::ScalarType dtype);

}  // namespace automodel
