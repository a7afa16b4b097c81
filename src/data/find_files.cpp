#include "data/find_files.h"

#include <glob.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <map>
#include <set>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "base/hub_cache.h"
#include "base/text.h"
#include "data/file_text.h"
#include "data/source.h"

namespace automodel::data {
namespace {

namespace fs = std::filesystem;

/// Which split a name speaks of; empty if of none.
std::string split_in(std::string_view text) {
  const std::string name = to_lower_ascii(text);
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

/// The files of the split; `folder_of` names the folder in errors.
class SplitFiles {
 public:
  explicit SplitFiles(std::string split) : split_(std::move(split)) {}

  /// `names`: what may name the file's split, the most telling first.
  void add(const fs::path& file, std::initializer_list<std::string> names) {
    const fs::path stem = without_compression(file).stem();
    std::string named = stem == split_ ? split_ : "";
    for (const std::string& name : names) {
      named = named.empty() ? split_in(name) : named;
    }
    if (named == split_) {
      of_split_.push_back(file.string());
    } else if (named.empty()) {
      unnamed_.push_back(file.string());
    } else {
      others_.insert(named);
    }
  }

  std::vector<std::string> take(const std::string& place) {
    auto& files = of_split_.empty() && split_ == "train" ? unnamed_ : of_split_;
    const std::vector<std::string> others(others_.begin(), others_.end());
    check(!files.empty(), ErrorKind::not_found,
          "{} has no data file ({}) of split '{}'{}; give the path of a file", place,
          known_endings(), split_, others.empty() ? "" : ", but of " + join(others, " and "));
    std::sort(files.begin(), files.end());
    return std::move(files);
  }

 private:
  std::string split_;
  std::vector<std::string> of_split_, unnamed_;
  std::set<std::string> others_;
};

std::vector<std::string> files_of_folder(const std::string& folder, const std::string& split) {
  SplitFiles files(split);
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    if (entry.is_regular_file() && is_data_file(entry.path())) {
      files.add(entry.path(), {without_compression(entry.path()).stem().string()});
    }
  }
  return files.take("the folder " + folder);
}

/// The folder of the configuration that a file belongs to, relative to the snapshot; "data" and
/// folders named after splits are none.
std::string configuration_of(const fs::path& relative) {
  for (const fs::path& part : relative.parent_path()) {
    if (part != "data" && split_in(part.string()).empty()) {
      return part.string();
    }
  }
  return "";
}

/// Files below no folder of a configuration come first.
std::string choose_configuration(const std::map<std::string, std::vector<fs::path>>& files,
                                 const std::string& id, const std::string& wanted) {
  std::vector<std::string> names;
  for (const auto& [name, ignored] : files) {
    if (!name.empty()) {
      names.push_back(name);
    }
  }
  if (!wanted.empty()) {
    check(files.contains(wanted), ErrorKind::not_found,
          "the data set {} has no configuration '{}'{}; it has {}", id, wanted,
          did_you_mean(wanted, names), names.empty() ? "none" : join(names, ", "));
    return wanted;
  }
  check(names.size() <= 1 || files.contains(""), ErrorKind::invalid_argument,
        "the data set {} has several configurations; say which by the key `name`: {}", id,
        join(names, ", "));
  return files.contains("") || names.empty() ? "" : names.front();
}

/// huggingface_hub's snapshots hold links to the files.
std::vector<std::string> files_of_snapshot(const fs::path& snapshot, const std::string& id,
                                           const FileChoice& choice) {
  std::map<std::string, std::vector<fs::path>> files;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(snapshot)) {
    const fs::path relative = entry.path().lexically_relative(snapshot);
    const bool is_hidden = relative.begin()->string().starts_with('.');
    if (entry.is_regular_file() && !is_hidden && is_data_file(entry.path())) {
      files[configuration_of(relative)].push_back(relative);
    }
  }
  SplitFiles of_split(choice.split);
  for (const fs::path& path : files[choose_configuration(files, id, choice.configuration)]) {
    of_split.add(snapshot / path, {without_compression(path).stem().string(),
                                   path.parent_path().filename().string()});
  }
  return of_split.take("the data set " + id + " in " + snapshot.string());
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

}  // namespace

std::vector<std::string> find_paths(const std::string& path) {
  std::error_code ignored;  // e.g. a name too long for a path: then it is no path
  if (fs::exists(path, ignored)) {
    return {path};
  }
  std::vector<std::string> files;
  if (path.find_first_of("*?[") != std::string::npos) {
    files = files_of_pattern(path);
  }
  check(
      !files.empty(), ErrorKind::not_found, "{0}: no such data file or folder{1}", path,
      names_hub_dataset(path)
          ? fmt::format(", and no data set of that name is in the local hub cache {1}; bring it by "
                        "'automodel download {0} --repo-type dataset', or give the path of its "
                        "files",
                        path, hub_cache_folder().string())
          : "");
  return files;
}

std::vector<std::string> find_data_files(const std::string& path, const FileChoice& choice) {
  std::error_code ignored;
  if (fs::is_directory(path, ignored)) {
    return files_of_folder(path, choice.split);
  }
  if (names_hub_dataset(path)) {
    if (const auto snapshot =
            cached_snapshot({.kind = RepoKind::dataset, .id = path, .revision = choice.revision})) {
      return files_of_snapshot(*snapshot, path, choice);
    }
  }
  return find_paths(path);
}

}  // namespace automodel::data
