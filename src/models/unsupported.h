#pragma once
// Model types of Transformers that we know of and whose mathematics is missing here.

#include <optional>
#include <string_view>

namespace automodel::models {

/// What a model of this type needs and no part of ours gives, e.g. "bidirectional attention"; none
/// for types that we do not know.
std::optional<std::string_view> missing_mathematics(std::string_view model_type);

}  // namespace automodel::models
