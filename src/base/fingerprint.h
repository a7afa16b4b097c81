#pragma once
// By what a file is recognised again.

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>

#include "base/json.h"

namespace automodel {

struct Fingerprint {
  std::uint64_t bytes = 0;
  std::uint64_t checksum = 0;  // quick_checksum
  bool is_sampled = false;
  bool operator==(const Fingerprint&) const = default;
};

/// The checksum of bytes up to 256 MiB; of more, that of their number and of 64 blocks of 1 MiB
/// spread over them.
std::uint64_t quick_checksum(std::string_view bytes);

/// The checksum is quick_checksum's. Throws Error(not_found | io).
Fingerprint fingerprint(const std::filesystem::path& file);

/// {"bytes": 12, "xxh64": "0123456789abcdef"}, and "sampled": true if it is.
Json to_json(const Fingerprint& print);

/// The fingerprint of a file, or of each file of a folder (not of folders in it), by name. Empty if
/// there is nothing.
std::map<std::string, Fingerprint> fingerprints(const std::filesystem::path& path);

}  // namespace automodel
