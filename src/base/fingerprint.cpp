#include "base/fingerprint.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "base/checksum.h"
#include "base/file.h"

namespace automodel {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kWholeFile = std::uint64_t{256} << 20;
constexpr std::uint64_t kBlock = std::uint64_t{1} << 20;
constexpr std::uint64_t kBlocks = 64;

}  // namespace

Fingerprint fingerprint(const fs::path& file) {
  const MappedFile map(file);
  const std::string_view text = map.text();
  Fingerprint out{.bytes = text.size()};
  if (text.size() <= kWholeFile) {
    out.checksum = checksum(text);
    return out;
  }
  Checksum sum;
  for (std::uint64_t i = 0; i < kBlocks; ++i) {
    sum.update(text.substr((text.size() - kBlock) / (kBlocks - 1) * i, kBlock));
  }
  out.checksum = sum.digest();
  out.is_sampled = true;
  return out;
}

Json to_json(const Fingerprint& print) {
  Json out = {{"bytes", print.bytes}, {"xxh64", fmt::format("{:016x}", print.checksum)}};
  if (print.is_sampled) {
    out["sampled"] = true;
  }
  return out;
}

std::map<std::string, Fingerprint> fingerprints(const fs::path& path, std::size_t most) {
  if (fs::is_regular_file(path)) {
    return {{path.filename().string(), fingerprint(path)}};
  }
  std::vector<fs::path> files;
  if (fs::is_directory(path)) {
    const auto options = fs::directory_options::skip_permission_denied;
    for (const auto& entry : fs::recursive_directory_iterator(path, options)) {
      if (entry.is_regular_file()) {
        files.push_back(entry.path());
      }
    }
  }
  std::ranges::sort(files);
  files.resize(std::min(files.size(), most));
  std::map<std::string, Fingerprint> out;
  for (const auto& file : files) {
    out.emplace(file.lexically_relative(path).generic_string(), fingerprint(file));
  }
  return out;
}

}  // namespace automodel
