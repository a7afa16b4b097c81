#pragma once
// How a model's own files say to draw the tokens of an answer.

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace automodel::models {

/// Keys of generation_config.json that the file may have; what it leaves out is as in Transformers.
struct SamplingDefaults {
  bool do_sample = false;
  double temperature = 1;
  std::int64_t top_k = 50;  // 0: all
  double top_p = 1;         // 1: all
  double repetition_penalty = 1;
  /// What else it asks for that would change the text in Transformers, as "key = value"; not
  /// applied.
  std::vector<std::string> not_applied = {};
  bool operator==(const SamplingDefaults&) const = default;
};

/// Those of generation_config.json in `folder`; the struct's own if there is none. Throws
/// Error(corrupt_data) for values of another type or out of range.
SamplingDefaults sampling_defaults(const std::filesystem::path& folder);

}  // namespace automodel::models
