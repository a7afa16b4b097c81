#pragma once
// What the made-up data sets share: rows that are drawn once and kept.

#include <cstdint>
#include <memory>
#include <vector>

#include "data/dataset.h"

namespace automodel::data {

/// The ids from here on are words, those before it signs.
inline constexpr std::int32_t kFirstWord = 2;

/// The rows as they are, "mock row 3" for a place.
std::unique_ptr<const Dataset> make_mock_rows(std::vector<TokenizedSample> rows);

/// Throws Error(invalid_argument) that names the key unless least <= value < 2^31 - 1.
void check_mock_size(const char* key, std::int64_t value, std::int64_t least);

}  // namespace automodel::data
