#include "checkpoint/manifest.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>

#include "base/checksum.h"
#include "base/error.h"
#include "base/file.h"
#include "base/known.h"
#include "base/pointer.h"
#include "base/text.h"

namespace automodel::checkpoint {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kFormat = 1;
constexpr std::size_t kBufferBytes = 1 << 20;
constexpr const char* kOwnChecksum = "xxh64";

/// Whether a checksum may come from the page cache or has to come from the disk.
enum class Origin { cache, disk };

class InputFile {
 public:
  explicit InputFile(const fs::path& path)
      : path_(path), descriptor_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
    check(descriptor_ >= 0, ErrorKind::io, "cannot read {}: {}", path.string(),
          std::strerror(errno));
  }
  ~InputFile() { ::close(descriptor_); }
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;

  /// Clean pages leave the cache; the next read asks the disk.
  void drop_cache() const { ::posix_fadvise(descriptor_, 0, 0, POSIX_FADV_DONTNEED); }

  /// Empty at the end.
  std::string_view read(std::vector<char>& buffer) const {
    for (;;) {
      const auto count = ::read(descriptor_, buffer.data(), buffer.size());
      if (count >= 0) {
        return {buffer.data(), static_cast<std::size_t>(count)};
      }
      check(errno == EINTR, ErrorKind::io, "cannot read {}: {}", path_.string(),
            std::strerror(errno));
    }
  }

 private:
  fs::path path_;
  int descriptor_;
};

std::uint64_t file_checksum(const fs::path& path, Origin origin) {
  const InputFile file(path);
  if (origin == Origin::disk) {
    file.drop_cache();
  }
  std::vector<char> buffer(kBufferBytes);
  Checksum sum;
  for (auto bytes = file.read(buffer); !bytes.empty(); bytes = file.read(buffer)) {
    sum.update(bytes);
  }
  return sum.digest();
}

std::vector<FileRecord> record_files(const fs::path& folder) {
  std::vector<FileRecord> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) {
      files.push_back({.path = fs::relative(entry.path(), folder).generic_string(),
                       .bytes = entry.file_size(),
                       .checksum = file_checksum(entry.path(), Origin::cache)});
    }
  }
  std::ranges::sort(files, {}, &FileRecord::path);
  return files;
}

void check_on_disk(const fs::path& folder, const FileRecord& file) {
  sync_path(folder / file.path);
  check(file_checksum(folder / file.path, Origin::disk) == file.checksum, ErrorKind::io,
        "{} was written, but reading it back gave other bytes; the disk may be failing",
        (folder / file.path).string());
}

Json to_json(const Manifest& manifest) {
  Json files = Json::array();
  for (const auto& file : manifest.files) {
    files.push_back({{"path", file.path},
                     {"bytes", file.bytes},
                     {"xxh64", fmt::format("{:016x}", file.checksum)}});
  }
  const auto& loss = manifest.validation_loss;
  return {{"format", kFormat},
          {"epoch", manifest.epoch},
          {"step", manifest.step},
          {"sequence", manifest.sequence},
          {"validation_loss", loss ? Json(loss->value) : Json(nullptr)},
          {"validation_set", loss ? loss->set : Json(nullptr)},
          {"signature", manifest.signature},
          {"ground", manifest.ground},
          {"restore_from", manifest.restore_from ? Json(*manifest.restore_from) : Json(nullptr)},
          {"files", std::move(files)}};
}

/// Of all that the manifest says beside it, however the text is set.
std::string own_checksum(Json manifest) {
  manifest.erase(kOwnChecksum);
  return fmt::format("{:016x}", checksum(manifest.dump()));
}

std::uint64_t parse_checksum(const std::string& text) {
  const auto value = parse_number<std::uint64_t>(text, 16);
  check(value.has_value(), ErrorKind::corrupt_data, "'{}' is no checksum", text);
  return known(value);
}

std::string checked_path(const std::string& path) {
  check(stays_inside(path), ErrorKind::corrupt_data, "'{}' is no path inside the checkpoint", path);
  return path;
}

Manifest from_json(const Json& json) {
  check(json.at("format") == kFormat, ErrorKind::unsupported,
        "its format is {}, this program reads {}", json.at("format").dump(), kFormat);
  Manifest manifest{.epoch = json.at("epoch").get<std::int64_t>(),
                    .step = json.at("step").get<std::int64_t>(),
                    .sequence = json.at("sequence").get<std::int64_t>(),
                    .validation_loss = {},
                    .signature = json.at("signature"),
                    .ground = json.value("ground", Json(nullptr)),
                    .restore_from = {},
                    .files = {}};
  if (const Json begin = json.value("restore_from", Json(nullptr)); !begin.is_null()) {
    manifest.restore_from = begin.get<std::string>();
  }
  if (!json.at("validation_loss").is_null()) {
    manifest.validation_loss = {.value = json.at("validation_loss").get<double>(),
                                .set = json.value("validation_set", Json(nullptr))};
  }
  for (const auto& file : json.at("files")) {
    manifest.files.push_back({.path = checked_path(file.at("path").get<std::string>()),
                              .bytes = file.at("bytes").get<std::uint64_t>(),
                              .checksum = parse_checksum(file.at("xxh64").get<std::string>())});
  }
  return manifest;
}

}  // namespace

void seal(const fs::path& folder, Manifest manifest) {
  const ErrorContext context("checking what was written to {}", folder.string());
  if (manifest.validation_loss && !std::isfinite(manifest.validation_loss->value)) {
    manifest.validation_loss.reset();
  }
  manifest.files = record_files(folder);
  for (const auto& file : manifest.files) {
    check_on_disk(folder, file);
  }
  Json json = to_json(manifest);
  json[kOwnChecksum] = own_checksum(json);
  write_file_atomic(folder / kManifestFile, json.dump(2) + "\n");
}

Manifest read_manifest(const fs::path& folder) {
  const ErrorContext context("reading the checkpoint {}", folder.string());
  const fs::path path = folder / kManifestFile;
  check(fs::exists(path), ErrorKind::not_found,
        "{} is no complete checkpoint: it has no manifest.json", folder.string());
  const Json json = read_json(path);
  check(!json.is_object() || json.contains("format") || !json.contains("automodel_run"),
        ErrorKind::invalid_argument,
        "{} is the folder of a run; give one of its checkpoints, e.g. {}", folder.string(),
        (folder / kLatest).string());
  check(!json.contains(kOwnChecksum) || json[kOwnChecksum] == own_checksum(json),
        ErrorKind::corrupt_data,
        "{} is damaged: its checksum is not that of what it says; if it was edited, undo that",
        path.string());
  try {
    return from_json(json);
  } catch (const nlohmann::json::exception& error) {
    fail(ErrorKind::corrupt_data, "{} is malformed: {}", path.string(), error.what());
  }
}

void verify(const fs::path& folder, const Manifest& manifest, Thoroughness thoroughness) {
  for (const auto& file : manifest.files) {
    const fs::path path = folder / file.path;
    std::error_code error;
    const auto bytes = fs::file_size(path, error);
    check(!error, ErrorKind::corrupt_data, "the checkpoint's file {} is missing", path.string());
    check(bytes == file.bytes, ErrorKind::corrupt_data,
          "the checkpoint's file {} has {} bytes, {} were written", path.string(), bytes,
          file.bytes);
    check(
        thoroughness == Thoroughness::sizes || file_checksum(path, Origin::cache) == file.checksum,
        ErrorKind::corrupt_data,
        "the checkpoint's file {} is damaged: its checksum is not the one that was written",
        path.string());
  }
}

}  // namespace automodel::checkpoint
