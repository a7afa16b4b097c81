#pragma once
// Quantised checkpoints as if they were not.

#include <memory>
#include <optional>
#include <string>

#include "base/json.h"
#include "tensor/block_quant.h"
#include "tensor/weights.h"

namespace automodel {

/// How a checkpoint's weights are stored.
struct WeightFormat {
  enum class Method {
    fp8,    // `x` in float8 beside `x_scale_inv` (DeepSeek)
    mxfp4,  // `x_blocks` and `x_scales` (GPT-OSS)
  };
  Method method = Method::fp8;
  ScaleBlock block{};  // of fp8
  bool operator==(const WeightFormat&) const = default;
};

/// What config.json's `quantization_config` says; none if it has none. `source` names the file in
/// errors. Throws Error(unsupported) for other methods, Error(corrupt_data) for a block that is not
/// two positive numbers.
std::optional<WeightFormat> weight_format(const Json& config, const std::string& source);

/// The weights under their own names, dequantised as they are read: fp8 to float32, mxfp4 to
/// bfloat16; all others as they are. Throws Error(corrupt_data) for values without scales.
std::unique_ptr<WeightSource> dequantised_weights(std::unique_ptr<WeightSource> stored,
                                                  const WeightFormat& format);

}  // namespace automodel
