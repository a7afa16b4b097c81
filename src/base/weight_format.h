#pragma once
// How a checkpoint's weights are stored, as its config.json says.

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "base/json.h"

namespace automodel {

/// Rows and columns that share one scale; 0, 0: the whole matrix.
using ScaleBlock = std::array<std::int64_t, 2>;

struct WeightFormat {
  enum class Method {
    fp8,    // `x` in float8 beside `x_scale_inv` (DeepSeek)
    mxfp4,  // `x_blocks` and `x_scales` (GPT-OSS)
  };
  Method method = Method::fp8;
  ScaleBlock block{};  // of fp8
  bool operator==(const WeightFormat&) const = default;
};

/// The element type of the weights that config.json names: `dtype`, in older files `torch_dtype`;
/// empty if it names none, or "auto".
std::string stated_dtype(const Json& config);

/// What config.json's `quantization_config` says; none if it has none. `source` names the file in
/// errors. Throws Error(unsupported) for other methods, Error(corrupt_data) for a block that is not
/// two positive numbers.
std::optional<WeightFormat> weight_format(const Json& config, const std::string& source);

}  // namespace automodel
