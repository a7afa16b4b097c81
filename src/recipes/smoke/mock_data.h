#pragma once
// The data sets of a smoke run: rows of the form that each kind reads, made up.

#include <filesystem>
#include <string>

#include "config/data_sections.h"

namespace automodel::recipes {

/// The section with its data replaced by 64 made-up rows in `folder` under `name`. Lengths that it
/// limits rows to come down to kMockTokens; slices of splits, revisions and templates go. A kind of
/// data set that has no rows (mock data) stays as it is but for lengths and `vocab_size`.
config::Dataset mock_dataset(config::Dataset section, const std::filesystem::path& folder,
                             const std::string& name, std::int64_t vocab_size);

inline constexpr std::int64_t kMockTokens = 128;

}  // namespace automodel::recipes
