#pragma once
// Offline runs of Weights & Biases, which `wandb sync` uploads.

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "watch/scalars.h"

namespace automodel::watch {

struct WandbOptions {
  std::filesystem::path folder;  // in which wandb makes its folder "wandb"
  std::string project;
  std::optional<std::string> entity, group, notes, job_type;
  std::vector<std::string> tags;
  /// Of the run; a resumed one goes on under that of its first part. Eight letters and digits.
  std::string id;
};

/// Starts a folder wandb/offline-run-TIME-ID. The points of one step are one there, so the last
/// step is written when the next begins or the run ends; a step before the first counts as the
/// first. Throws Error(io). Source: wandb's wandb_internal.proto; its transaction log is LevelDB's,
/// with zlib's CRC-32.
std::unique_ptr<Writer> wandb_writer(const WandbOptions& options, const RunFacts& run);

}  // namespace automodel::watch
