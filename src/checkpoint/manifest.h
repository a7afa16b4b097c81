#pragma once
// What a checkpoint says about itself: manifest.json, written last, names every file with size and
// checksum, and has one of its own, which earlier versions did not write. A folder without it is no
// checkpoint.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"

namespace automodel::checkpoint {

inline constexpr std::string_view kManifestFile = "manifest.json";
inline constexpr std::string_view kLossesFile = "losses.json";

struct FileRecord {
  std::string path;  // relative, with '/'
  std::uint64_t bytes = 0;
  std::uint64_t checksum = 0;  // base/checksum.h
  bool operator==(const FileRecord&) const = default;
};

struct ValidationLoss {
  double value = 0;
  Json set = nullptr;  // what it was measured on; null in checkpoints that do not say
  bool operator==(const ValidationLoss&) const = default;
};

struct Manifest {
  std::int64_t epoch = 0;
  std::int64_t step = 0;
  std::int64_t sequence = 0;  // counts the saves into one checkpoint folder: the newest is largest
  std::optional<ValidationLoss> validation_loss;
  Json signature;  // of the model and the way it is trained
  Json ground;     // SaveRequest::ground; null in checkpoints that do not say
  /// SaveRequest::restore_from.
  std::optional<std::string> restore_from;
  std::vector<FileRecord> files;
  bool operator==(const Manifest&) const = default;
};

/// Records every file of `folder`, brings all to disk, reads them back from there, and adds
/// manifest.json. Throws Error(io) also if what comes back differs.
void seal(const std::filesystem::path& folder, Manifest manifest);

/// Throws Error(not_found) if there is no manifest, Error(corrupt_data) if it is malformed or
/// not as it was written, Error(unsupported) if it is of another format, Error(invalid_argument)
/// for a run's folder.
Manifest read_manifest(const std::filesystem::path& folder);

/// What a checkpoint's files are compared with.
enum class Thoroughness { sizes, contents };

/// Throws Error(corrupt_data) that names the first file that is missing or not as recorded.
void verify(const std::filesystem::path& folder, const Manifest& manifest,
            Thoroughness thoroughness);

}  // namespace automodel::checkpoint
