#pragma once
// What a training run has left behind, read back.

#include <map>
#include <string>
#include <vector>

#include "base/json.h"

namespace automodel::cli {

struct RunRecord {
  std::string folder;
  Json manifest;
  std::vector<Json> steps;  // training.jsonl
  /// validation.jsonl is "default", validation_NAME.jsonl is NAME.
  std::map<std::string, std::vector<Json>> validations;
};

/// `path`: the folder of a run (checkpoint.checkpoint_dir), its manifest.json, or one of its
/// checkpoints. Throws Error(not_found | corrupt_data).
RunRecord read_run(const std::string& path);

}  // namespace automodel::cli
