#include "data/source.h"

#include <glob.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <span>
#include <utility>

#include "base/checksum.h"
#include "base/error.h"
#include "base/text.h"
#include "data/csv_rows.h"
#include "data/json_rows.h"
#include "data/text_rows.h"

namespace automodel::data {
namespace {

namespace fs = std::filesystem;

using Open = std::shared_ptr<const RowSource> (*)(const std::string&, const SourceOptions&);

struct FileKind {
  std::string_view ending;
  Open open;
};

/// A new kind of file is a source of its own and one line here.
constexpr std::array<FileKind, 6> kFileKinds = {{
    {".jsonl", open_jsonl},
    {".ndjson", open_jsonl},
    {".json", open_json},
    {".csv", open_csv},
    {".tsv", open_csv},
    {".txt", open_plain_text},
}};

const FileKind* kind_of(const fs::path& path) {
  const std::string ending = to_lower_ascii(without_compression(path).extension().string());
  const auto* const kind = std::find_if(kFileKinds.begin(), kFileKinds.end(),
                                        [&](const FileKind& k) { return k.ending == ending; });
  return kind == kFileKinds.end() ? nullptr : kind;
}

std::string known_endings() {
  std::vector<std::string> endings;
  for (const FileKind& kind : kFileKinds) {
    endings.emplace_back(kind.ending);
  }
  return join(endings, ", ") + ", each also with .gz or .zst behind it";
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

/// Which split a file's name speaks of; empty if of none.
std::string split_of(const fs::path& file) {
  const std::string name = to_lower_ascii(without_compression(file).stem().string());
  constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kWords = {{
      {"validation", "validation"},
      {"valid", "validation"},
      {"dev", "validation"},
      {"eval", "validation"},
      {"train", "train"},
      {"test", "test"},
  }};
  for (const auto& [word, split] : kWords) {
    const auto at = name.find(word);
    const auto is_letter = [](char c) { return c >= 'a' && c <= 'z'; };
    const bool whole = at != std::string::npos && (at == 0 || !is_letter(name[at - 1])) &&
                       (at + word.size() == name.size() || !is_letter(name[at + word.size()]));
    if (whole) {
      return std::string(split);
    }
  }
  return "";
}

std::vector<std::string> files_of_folder(const std::string& folder, const std::string& split) {
  std::vector<std::string> of_split;
  std::vector<std::string> unnamed;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    if (!entry.is_regular_file() || kind_of(entry.path()) == nullptr) {
      continue;
    }
    const std::string named = split_of(entry.path());
    if (named == split || without_compression(entry.path()).stem() == split) {
      of_split.push_back(entry.path().string());
    } else if (named.empty()) {
      unnamed.push_back(entry.path().string());
    }
  }
  std::vector<std::string>& files = of_split.empty() && split == "train" ? unnamed : of_split;
  check(!files.empty(), ErrorKind::not_found,
        "the folder {} has no data file ({}) of split '{}'; give the path of a file", folder,
        known_endings(), split);
  std::sort(files.begin(), files.end());
  return std::move(files);
}

std::vector<std::string> files_of_pattern(const std::string& pattern) {
  ::glob_t found{};
  const int status = ::glob(pattern.c_str(), GLOB_ERR, nullptr, &found);
  std::vector<std::string> files;
  if (status == 0) {
    files.assign(found.gl_pathv, found.gl_pathv + found.gl_pathc);  // sorted by glob
  }
  ::globfree(&found);
  check(status == 0 || status == GLOB_NOMATCH, ErrorKind::io, "cannot search for {}", pattern);
  return files;
}

std::vector<std::string> files_of(const std::string& path, const std::string& split) {
  return fs::is_directory(path) ? files_of_folder(path, split) : find_paths(path);
}

}  // namespace

std::vector<std::string> find_paths(const std::string& path) {
  if (fs::exists(path)) {
    return {path};
  }
  std::vector<std::string> files;
  if (path.find_first_of("*?[") != std::string::npos) {
    files = files_of_pattern(path);
  }
  check(!files.empty(), ErrorKind::not_found,
        "{}: no such data file or folder. Names of hub data sets are not looked up yet: download "
        "the data set and give the path of its files",
        path);
  return files;
}

std::shared_ptr<const RowSource> open_file(const std::string& path, SourceOptions options) {
  const FileKind* kind = kind_of(path);
  check(kind != nullptr, ErrorKind::unsupported,
        "{}: files that end in '{}' are not supported; supported are {}", path,
        without_compression(path).extension().string(), known_endings());
  auto rows = kind->open(path, options);
  check(rows->size() > 0, ErrorKind::corrupt_data, "{}: the file has no{} rows", path,
        rows->num_skipped() > 0 ? " valid" : "");
  return rows;
}

std::shared_ptr<const RowSource> open_rows(const std::vector<std::string>& paths,
                                           const std::string& split, SourceOptions options) {
  check(!paths.empty(), ErrorKind::invalid_argument, "no data files are given");
  std::vector<std::shared_ptr<const RowSource>> parts;
  for (const std::string& path : paths) {
    for (const std::string& file : files_of(path, split)) {
      parts.push_back(open_file(file, options));
    }
  }
  return parts.size() == 1 ? parts.front() : std::make_shared<Concatenation>(std::move(parts));
}

}  // namespace automodel::data
