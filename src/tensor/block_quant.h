#pragma once
// Values of weights that are stored in few bits with a scale per block.

#include "base/weight_format.h"
#include "tensor/dtype.h"

namespace automodel {

/// values: [.., rows, columns] float8; scales: [.., ceil(rows / block rows), ceil(columns / block
/// columns)] of any float type, or one element for the block 0, 0. Returns value * scale in
/// float32. Throws Error(corrupt_data) for shapes that do not fit. Source: DeepSeek-V3's
/// checkpoints; transformers Fp8Dequantize.
Tensor dequantise_fp8(const Tensor& values, const Tensor& scales, const ScaleBlock& block);

/// Microscaling FP4 (OCP MX 1.0: E2M1 values, E8M0 scales) as GPT-OSS stores its experts: blocks:
/// [experts, rows, groups, 16] bytes of two values each, the low half first; scales: [experts,
/// rows, groups] exponents plus 127. Returns [experts, groups * 32, rows] bfloat16, which holds
/// every value exactly. Throws Error(corrupt_data) for other types or shapes. Source: transformers
/// convert_moe_packed_tensors.
Tensor dequantise_mxfp4(const Tensor& blocks, const Tensor& scales);

}  // namespace automodel
