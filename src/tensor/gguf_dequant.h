#pragma once
// Quantised blocks of GGUF files as float32.

#include <cstddef>
#include <span>

#include "tensor/dtype.h"
#include "tensor/ggml_type.h"

namespace automodel {

/// The values of whole blocks, in order, as a float32 tensor of the given shape; on all threads.
/// blocks: a multiple of the format's block size whose values number shape's product.
/// Throws Error(invalid_argument) if they do not fit together.
/// Source: ggml-quants.c (dequantize_row_*); bit-equal to the Python package `gguf` in float32.
Tensor dequantize(GgmlType type, std::span<const std::byte> blocks, at::IntArrayRef shape);

}  // namespace automodel
