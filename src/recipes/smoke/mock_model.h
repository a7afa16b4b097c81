#pragma once
// The tiny model of a smoke run.

#include <filesystem>

#include "config/model_sections.h"

namespace automodel::recipes {

/// What shrinking started from.
struct MockModel {
  std::string model_type;
  /// False: the model's config.json is not on this machine, so the type that its name looks like
  /// was taken with its default sizes.
  bool is_from_config = true;
  std::int64_t vocab_size = 0;
};

/// Writes config.json, shrunk (models/shrink.h), and a byte-level tokenizer with a chat template
/// into `folder`. Throws Error(not_found) if the model is not here and its name does not say its
/// type.
MockModel write_mock_model(const config::ModelSource& model, const std::filesystem::path& folder);

}  // namespace automodel::recipes
