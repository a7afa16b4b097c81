#pragma once
// Several data sets as one, in given shares.

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "data/dataset.h"

namespace automodel::data {

/// Entry i of a blend is row `row` of data set `part`.
struct BlendEntry {
  std::int32_t part = 0;
  std::int64_t row = 0;
  bool operator==(const BlendEntry&) const = default;
};

/// `size` entries: each takes the next row of the data set that lags most behind its share, so that
/// any beginning of the blend has the shares too. Megatron's build_blending_indices.
/// With `sizes`, none of them 0, it goes on until each data set has given so many.
/// Throws Error(invalid_argument) unless all weights are positive.
std::vector<BlendEntry> blend_by_weight(std::span<const double> weights, std::int64_t size,
                                        std::span<const std::int64_t> sizes = {});

/// Every row of data sets of these sizes once, evenly mixed. Megatron's
/// build_exhaustive_blending_indices.
std::vector<BlendEntry> blend_all(std::span<const std::int64_t> sizes);

/// Throws Error(invalid_argument) if an entry is no row of its part.
std::unique_ptr<const Dataset> make_blend(std::vector<std::shared_ptr<const Dataset>> parts,
                                          std::vector<BlendEntry> entries);

}  // namespace automodel::data
