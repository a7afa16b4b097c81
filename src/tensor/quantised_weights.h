#pragma once
// Quantised checkpoints as if they were not.

#include <memory>

#include "base/weight_format.h"
#include "tensor/weights.h"

namespace automodel {

/// The weights under their own names, dequantised as they are read: fp8 to float32, mxfp4 to
/// bfloat16; all others as they are. Throws Error(corrupt_data) for values without scales.
std::unique_ptr<WeightSource> dequantised_weights(std::unique_ptr<WeightSource> stored,
                                                  const WeightFormat& format);

}  // namespace automodel
