#pragma once
// A survey in full, as `automodel data` tells it.

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "data/survey.h"
#include "data/text_context.h"

namespace automodel::data {

/// Rows of equal width: lengths begin .. begin + width - 1, and how many have one of them.
struct LengthClass {
  std::int64_t begin = 0, width = 0, count = 0;
  bool operator==(const LengthClass&) const = default;
};

/// At most 12 classes of equal width, from 0 to the longest; none if there are no lengths.
std::vector<LengthClass> length_classes(std::span<const std::int64_t> lengths);

/// The classes as lines with bars: "     64 -     127 |####     | 12".
std::vector<std::string> length_histogram(std::span<const std::int64_t> lengths);

/// Tokens by role and how many are learnt, beginnings and ends, what was cut, left out or is there
/// twice, which checks passed, and how fast `num_threads` threads encoded: a line each.
std::vector<std::string> describe_audit(const Survey& survey, const TextContext& context,
                                        const SurveyOptions& options);

}  // namespace automodel::data
