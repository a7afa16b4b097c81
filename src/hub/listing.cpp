#include "hub/listing.h"

#include <algorithm>
#include <cctype>

#include "base/error.h"
#include "base/hub_cache.h"
#include "base/json.h"
#include "base/json_text.h"
#include "base/text.h"

namespace automodel::hub {
namespace {

constexpr int kFormat = 1;  // of trees/COMMIT.json
constexpr std::size_t kSha1Digits = 40;
constexpr std::size_t kSha256Digits = 64;
constexpr std::int64_t kMaxBytes = std::int64_t{1} << 50;

bool is_hash(const std::string& text, std::size_t num_digits) {
  return text.size() == num_digits && std::ranges::all_of(text, [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

bool has_control(const std::string& text) {
  return std::ranges::any_of(text, [](char c) { return (c >= 0 && c < ' ') || c == 0x7f; });
}

bool is_safe_path(const std::string& path) {
  const auto parts = split(path, '/');
  return !has_control(path) && std::ranges::none_of(parts, [](const std::string& part) {
    return part.empty() || part == "." || part == "..";
  });
}

std::int64_t size_of(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_number_integer() ? found->get<std::int64_t>() : -1;
}

RepoFile checked(RepoFile file, std::string_view source) {
  check(is_safe_path(file.path), ErrorKind::corrupt_data, "{}: {} is no path of a file", source,
        Json(file.path).dump(-1, ' ', /*ensure_ascii=*/true, Json::error_handler_t::replace));
  check(file.size >= 0 && file.size <= kMaxBytes, ErrorKind::corrupt_data,
        "{}: {} has no size that a file can have", source, file.path);
  check(is_hash(file.blob_id, kSha1Digits), ErrorKind::corrupt_data,
        "{}: {} has no SHA-1 of 40 digits but '{}'", source, file.path, file.blob_id);
  check(file.sha256.empty() || is_hash(file.sha256, kSha256Digits), ErrorKind::corrupt_data,
        "{}: {} has no SHA-256 of 64 digits but '{}'", source, file.path, file.sha256);
  if (!is_hash(file.xet_hash, kSha256Digits)) {
    file.xet_hash.clear();
  }
  return file;
}

RepoFile file_of_page(const Json& entry, std::string_view source) {
  RepoFile file{.path = text_at(entry, "path"),
                .size = size_of(entry, "size"),
                .blob_id = text_at(entry, "oid"),
                .xet_hash = text_at(entry, "xetHash")};
  const auto lfs = entry.find("lfs");
  if (lfs != entry.end() && lfs->is_object()) {
    file.size = size_of(*lfs, "size");
    file.sha256 = text_at(*lfs, "oid");
    check(!file.sha256.empty(), ErrorKind::corrupt_data, "{}: {} has no SHA-256", source,
          file.path);
  }
  return checked(std::move(file), source);
}

Json render_file(const RepoFile& file) {
  Json out = {{"size", file.size}, {"blob_id", file.blob_id}};
  if (!file.sha256.empty()) {
    out["lfs_sha256"] = file.sha256;
    out["lfs_size"] = file.size;
  }
  if (!file.xet_hash.empty()) {
    out["xet_hash"] = file.xet_hash;
  }
  return out;
}

}  // namespace

std::string parse_commit(std::string_view json, std::string_view source) {
  const Json answer = parse_json(json, source);
  const std::string commit = text_at(answer, "sha");
  check(is_commit(commit), ErrorKind::corrupt_data,
        "{}: the answer names no commit. Does HF_ENDPOINT speak the hub's API?", source);
  return commit;
}

std::vector<std::string> parse_references(std::string_view json, std::string_view source) {
  const Json answer = parse_json(json, source);
  std::vector<std::string> names;
  for (const char* kind : {"branches", "tags"}) {
    const Json entries = answer.is_object() ? answer.value(kind, Json()) : Json();
    for (const Json& entry : entries.is_array() ? entries : Json::array()) {
      const std::string name = text_at(entry, "name");
      if (!name.empty() && !has_control(name)) {
        names.push_back(name);
      }
    }
  }
  return names;
}

std::vector<RepoFile> parse_tree_page(std::string_view json, std::string_view source) {
  const Json page = parse_json(json, source);
  check(page.is_array(), ErrorKind::corrupt_data,
        "{}: the answer is no list of files but {}. Does HF_ENDPOINT speak the hub's API?", source,
        page.type_name());
  std::vector<RepoFile> files;
  for (const Json& entry : page) {
    check(entry.is_object(), ErrorKind::corrupt_data, "{}: the list of files has {} in it", source,
          entry.type_name());
    if (text_at(entry, "type") == "file") {
      files.push_back(file_of_page(entry, source));
    }
  }
  return files;
}

std::string next_page(std::string_view link_header) {
  for (const std::string& link : split(link_header, ',')) {
    const auto begin = link.find('<');
    const auto end = link.find('>');
    const bool is_next = link.find("rel=\"next\"") != std::string::npos ||
                         link.find("rel=next") != std::string::npos;
    if (is_next && begin < end && end != std::string::npos) {
      return link.substr(begin + 1, end - begin - 1);
    }
  }
  return "";
}

std::string render_listing(const std::vector<RepoFile>& files) {
  Json entries = Json::object();
  for (const RepoFile& file : files) {
    entries[file.path] = render_file(file);
  }
  return Json{{"format_version", kFormat}, {"files", std::move(entries)}}.dump(1);
}

std::optional<std::vector<RepoFile>> parse_listing(std::string_view json, std::string_view source) {
  const Json listing = parse_json(json, source);
  if (!listing.is_object() || size_of(listing, "format_version") != kFormat ||
      !listing.contains("files") || !listing["files"].is_object()) {
    return std::nullopt;
  }
  std::vector<RepoFile> files;
  for (const auto& [path, entry] : listing["files"].items()) {
    check(entry.is_object(), ErrorKind::corrupt_data, "{}: {} is no object", source, path);
    RepoFile file{.path = path,
                  .size = size_of(entry, "size"),
                  .blob_id = text_at(entry, "blob_id"),
                  .sha256 = text_at(entry, "lfs_sha256"),
                  .xet_hash = text_at(entry, "xet_hash")};
    file.size = file.sha256.empty() ? file.size : size_of(entry, "lfs_size");
    files.push_back(checked(std::move(file), source));
  }
  return files;
}

}  // namespace automodel::hub
