#include "base/fingerprint.h"

#include <fmt/format.h>

#include "base/checksum.h"
#include "base/file.h"

namespace automodel {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kWhole = std::uint64_t{256} << 20;
constexpr std::uint64_t kBlock = std::uint64_t{1} << 20;
constexpr std::uint64_t kBlocks = 64;

}  // namespace

std::uint64_t quick_checksum(std::string_view bytes) {
  if (bytes.size() <= kWhole) {
    return checksum(bytes);
  }
  Checksum sum;
  for (std::uint64_t i = 0; i < kBlocks; ++i) {
    sum.update(bytes.substr((bytes.size() - kBlock) * i / (kBlocks - 1), kBlock));
  }
  return hash_of(bytes.size(), sum.digest());
}

Fingerprint fingerprint(const fs::path& file) {
  const MappedFile map(file);
  const auto size = map.text().size();
  return {.bytes = size, .checksum = quick_checksum(map.text()), .is_sampled = size > kWhole};
}

Json to_json(const Fingerprint& print) {
  Json out = {{"bytes", print.bytes}, {"xxh64", fmt::format("{:016x}", print.checksum)}};
  if (print.is_sampled) {
    out["sampled"] = true;
  }
  return out;
}

std::map<std::string, Fingerprint> fingerprints(const fs::path& path) {
  if (fs::is_regular_file(path)) {
    return {{path.filename().string(), fingerprint(path)}};
  }
  std::map<std::string, Fingerprint> out;
  if (fs::is_directory(path)) {
    for (const auto& entry : fs::directory_iterator(path)) {
      if (entry.is_regular_file()) {
        out.emplace(entry.path().filename().string(), fingerprint(entry.path()));
      }
    }
  }
  return out;
}

}  // namespace automodel
