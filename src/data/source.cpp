#include "data/source.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <utility>

#include "base/checksum.h"
#include "base/error.h"
#include "base/text.h"
#include "data/csv_rows.h"
#include "data/json_rows.h"
#include "data/table_rows.h"
#include "data/text_rows.h"

namespace automodel::data {
namespace {

namespace fs = std::filesystem;

using Open = std::shared_ptr<const RowSource> (*)(const std::string&, const SourceOptions&);

struct FileKind {
  std::string_view ending;
  Open open;
  bool compressible = true;
};

/// A new kind of file is a source of its own and one line here.
constexpr std::array<FileKind, 9> kFileKinds = {{
    {".jsonl", open_jsonl},
    {".ndjson", open_jsonl},
    {".json", open_json},
    {".csv", open_csv},
    {".tsv", open_csv},
    {".txt", open_plain_text},
    {".parquet", open_table, false},
    {".arrow", open_table, false},
    {".feather", open_table, false},
}};

const FileKind* kind_of(const fs::path& path) {
  const std::string ending = to_lower_ascii(path.extension().string());
  const std::string inner = to_lower_ascii(without_compression(path).extension().string());
  const auto* const kind = std::find_if(
      kFileKinds.begin(), kFileKinds.end(),
      [&](const FileKind& k) { return k.ending == (k.compressible ? inner : ending); });
  return kind == kFileKinds.end() ? nullptr : kind;
}

class Concatenation : public RowSource {
 public:
  explicit Concatenation(std::vector<std::shared_ptr<const RowSource>> parts)
      : parts_(std::move(parts)) {
    for (const auto& part : parts_) {
      ends_.push_back(size() + part->size());
    }
  }

  std::int64_t size() const override { return ends_.empty() ? 0 : ends_.back(); }
  Json row(std::int64_t index) const override {
    const auto [part, local] = find(index);
    return part->row(local);
  }
  std::string location(std::int64_t index) const override {
    const auto [part, local] = find(index);
    return part->location(local);
  }
  std::int64_t num_skipped() const override {
    std::int64_t total = 0;
    for (const auto& part : parts_) {
      total += part->num_skipped();
    }
    return total;
  }
  std::uint64_t content_hash() const override {
    std::vector<std::int64_t> hashes;
    for (const auto& part : parts_) {
      hashes.push_back(static_cast<std::int64_t>(part->content_hash()));
    }
    return hash_of_numbers(hashes);
  }

 private:
  std::pair<const RowSource*, std::int64_t> find(std::int64_t index) const {
    check(index >= 0 && index < size(), ErrorKind::invalid_argument,
          "row {} of a data set of {} rows does not exist", index, size());
    const auto end = std::upper_bound(ends_.begin(), ends_.end(), index);
    const auto part = static_cast<std::size_t>(end - ends_.begin());
    return {parts_[part].get(), index - (*end - parts_[part]->size())};
  }

  std::vector<std::shared_ptr<const RowSource>> parts_;
  std::vector<std::int64_t> ends_;  // rows up to and with each part
};

std::shared_ptr<const RowSource> open_any(const std::string& path, const SourceOptions& options) {
  const FileKind* kind = kind_of(path);
  check(kind != nullptr, ErrorKind::unsupported,
        "{}: files that end in '{}' are not supported; supported are {}", path,
        fs::path(path).filename().extension().string(), known_endings());
  return kind->open(path, options);
}

void check_rows(const RowSource& rows, const std::string& path) {
  check(rows.size() > 0, ErrorKind::corrupt_data, "{}: the file has no{} rows", path,
        rows.num_skipped() > 0 ? " valid" : "");
}

/// Of a data set that was cut into more tables than it has rows. A text without a row is more
/// likely one that was cut off.
bool is_empty_shard(const RowSource& rows, const std::string& path) {
  return is_table(path) && rows.size() == 0 && rows.num_skipped() == 0;
}

}  // namespace

std::shared_ptr<const RowSource> concatenate(std::vector<std::shared_ptr<const RowSource>> parts) {
  return std::make_shared<const Concatenation>(std::move(parts));
}

bool is_table(const fs::path& path) {
  const FileKind* kind = kind_of(path);
  return kind != nullptr && !kind->compressible;
}

bool is_data_file(const fs::path& path) {
  constexpr std::array<std::string_view, 10> kDescriptions = {
      "config.json", "dataset_info.json", "dataset_infos.json", "state.json", "dataset_dict.json",
      "license.txt", "licence.txt",       "notice.txt",         "readme.txt", "requirements.txt"};
  const std::string name = to_lower_ascii(path.filename().string());
  const bool is_cache = name.starts_with("cache-") && name.ends_with(".arrow");
  return kind_of(path) != nullptr && !is_cache &&
         std::find(kDescriptions.begin(), kDescriptions.end(), name) == kDescriptions.end();
}

std::string known_endings() {
  std::vector<std::string> texts, tables;
  for (const FileKind& kind : kFileKinds) {
    (kind.compressible ? texts : tables).emplace_back(kind.ending);
  }
  return join(tables, ", ") + ", and, each also with .gz or .zst behind it, " + join(texts, ", ");
}

SourceOptions read_source_options(Keys& keys) {
  return {.skip_invalid = keys.flag("skip_invalid_samples", false)};
}

std::shared_ptr<const RowSource> open_file(const std::string& path, SourceOptions options) {
  auto rows = open_any(path, options);
  check_rows(*rows, path);
  return rows;
}

std::shared_ptr<const RowSource> open_rows(const std::vector<std::string>& paths,
                                           const FileChoice& choice, SourceOptions options) {
  check(!paths.empty(), ErrorKind::invalid_argument, "no data files are given");
  std::vector<std::string> files;
  for (const std::string& path : paths) {
    const auto found = find_data_files(path, choice);
    files.insert(files.end(), found.begin(), found.end());
  }
  std::vector<std::shared_ptr<const RowSource>> parts;
  for (const std::string& file : files) {
    auto rows = open_any(file, options);
    if (files.size() == 1 || !is_empty_shard(*rows, file)) {
      check_rows(*rows, file);
      parts.push_back(std::move(rows));
    }
  }
  check(!parts.empty(), ErrorKind::corrupt_data, "none of the {} tables has a row, {} is the first",
        files.size(), files.front());
  return parts.size() == 1 ? parts.front() : std::make_shared<Concatenation>(std::move(parts));
}

}  // namespace automodel::data
