#pragma once
// By what a file is recognised again.

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

#include "base/json.h"

namespace automodel {

struct Fingerprint {
  std::uint64_t bytes = 0;
  std::uint64_t checksum = 0;  // base/checksum.h
  bool is_sampled = false;     // of large files, 64 blocks spread over the file are read
  bool operator==(const Fingerprint&) const = default;
};

/// Files above 256 MiB are sampled. Throws Error(not_found | io).
Fingerprint fingerprint(const std::filesystem::path& file);

/// {"bytes": 12, "xxh64": "0123456789abcdef"}, and "sampled": true if it is.
Json to_json(const Fingerprint& print);

/// The fingerprint of a file by its name, or of each file below a folder by its path in there; at
/// most `most` files, in order of their names. Empty if there is nothing.
std::map<std::string, Fingerprint> fingerprints(const std::filesystem::path& path,
                                                std::size_t most = 1000);

}  // namespace automodel
