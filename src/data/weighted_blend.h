#pragma once
// Several data sets of any kinds as one, each with a share of the rows.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "data/dataset.h"
#include "data/keys.h"
#include "data/text_context.h"

namespace automodel::data {

/// A data set as a recipe's section has it, and its share of the rows.
struct WeightedPart {
  std::string target;
  Json keys = Json::object();
  double weight = 1;
};

struct WeightedBlendOptions {
  std::vector<WeightedPart> parts;
  /// The rows of an epoch. Absent: so many that each part's rows are all among them.
  std::optional<std::int64_t> num_samples;
};

/// Rows of the parts in turn, so that any beginning has the shares too. A part that has fewer rows
/// than its share begins again.
/// Throws Error(invalid_argument) unless all weights are positive, and what make_dataset throws.
std::unique_ptr<const Dataset> make_weighted_blend(const WeightedBlendOptions& options,
                                                   const TextContext& context);

/// The keys of blend.WeightedBlend, which upstream does not have. `skip_invalid_samples` holds for
/// all parts.
WeightedBlendOptions read_weighted_blend_options(Keys& keys);

/// The section's own keys, then those of its parts if it has some.
std::vector<Json> with_parts(const Json& section_keys);

}  // namespace automodel::data
