#include "data/find_files.h"

#include <glob.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <iterator>
#include <map>
#include <optional>
#include <regex>
#include <set>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "base/hub_cache.h"
#include "base/json.h"
#include "base/json_text.h"
#include "base/text.h"
#include "data/card.h"
#include "data/file_text.h"
#include "data/source.h"

namespace automodel::data {
namespace {

namespace fs = std::filesystem;

/// Which split a name speaks of by one of its words; empty if of none. Capitals do not count:
/// beside Train.csv Test.csv is not to be trained on, as `datasets` would.
std::string split_in(std::string_view text) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 10> kWords = {{
      {"validation", "validation"},
      {"valid", "validation"},
      {"val", "validation"},
      {"dev", "validation"},
      {"eval", "test"},
      {"evaluation", "test"},
      {"train", "train"},
      {"training", "train"},
      {"test", "test"},
      {"testing", "test"},
  }};
  std::vector<std::string> words = {""};
  for (const char c : to_lower_ascii(text)) {
    if (std::isalpha(static_cast<unsigned char>(c)) != 0) {
      words.back() += c;
    } else {
      words.emplace_back();
    }
  }
  for (const auto& [word, split] : kWords) {
    if (std::find(words.begin(), words.end(), word) != words.end()) {
      return std::string(split);
    }
  }
  return "";
}

/// A file's name as data sets of the hub name the shards of a split.
struct ShardName {
  std::string split, num_shards;  // "train_sft" and "00003" of train_sft-00000-of-00003
};

/// Nothing for other names.
std::optional<ShardName> shard_name(const std::string& stem) {
  static const std::regex kForm("(.+)-[0-9]{5}-of-([0-9]{5})(-[0-9a-f]+)?");
  std::smatch match;
  return std::regex_match(stem, match, kForm) ? std::optional(ShardName{match[1], match[2]})
                                              : std::nullopt;
}

/// The split that a name speaks of where `wanted` is asked for; empty if of none. "train_sft" is a
/// split of its own where `datasets` named it, else a name of "train".
std::string split_named(const std::string& name, const std::string& wanted) {
  const auto shard = shard_name(name);
  const std::string whole = shard ? shard->split : name;
  const bool is_own = whole == wanted ||
                      (shard && whole.find('_') != std::string::npos && !split_in(whole).empty());
  return is_own ? whole : split_in(whole);
}

/// As `datasets` names what reads the file.
std::string kind_name(const fs::path& file) {
  const std::string ending = to_lower_ascii(without_compression(file).extension().string());
  const bool is_json = ending == ".jsonl" || ending == ".ndjson" || ending == ".json";
  return is_json ? "json" : ending;
}

/// Rows of a table and its copy, or of data and what is written beside them, are not one set.
void check_one_kind(const std::vector<std::string>& files, const std::string& place) {
  for (const std::string& file : files) {
    check(kind_name(file) == kind_name(files.front()), ErrorKind::invalid_argument,
          "{} has files of several kinds, such as {} and {}; give the path of those that are "
          "meant, e.g. by a pattern like FOLDER/*{}",
          place, fs::path(files.front()).filename().string(), fs::path(file).filename().string(),
          without_compression(files.front()).extension().string());
  }
}

/// The files of the split.
class SplitFiles {
 public:
  explicit SplitFiles(std::string split) : split_(std::move(split)) {}

  /// `names`: what may name the file's split, the most telling first.
  void add(const fs::path& file, std::initializer_list<std::string> names) {
    std::string named;
    for (const std::string& name : names) {
      named = named.empty() ? split_named(name, split_) : named;
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
    check_one_kind(files, place);
    return std::move(files);
  }

 private:
  std::string split_;
  std::vector<std::string> of_split_, unnamed_;
  std::set<std::string> others_;
};

/// The files that state.json lists, as `Dataset.save_to_disk` writes it: none of an empty split.
std::vector<fs::path> saved_files(const fs::path& folder, const Json& state) {
  const auto list = state.is_object() ? state.value("_data_files", Json()) : Json();
  std::vector<fs::path> out;
  for (const Json& file : list) {
    out.push_back(folder / text_at(file, "filename"));
  }
  const bool fits = list.is_array() && std::all_of(out.begin(), out.end(), [&](const auto& path) {
                      return path.has_filename() && path.parent_path() == folder;
                    });
  check(fits, ErrorKind::corrupt_data,
        "{}: \"_data_files\" must list files of this folder, as Dataset.save_to_disk writes it",
        (folder / "state.json").string());
  return out;
}

/// What `Dataset.save_to_disk` wrote into the folder itself or, a split in each, into those below.
void add_saved(SplitFiles& files, const fs::path& folder) {
  if (fs::exists(folder / "state.json")) {
    const Json state = read_json(folder / "state.json");
    for (const fs::path& file : saved_files(folder, state)) {
      files.add(file, {text_at(state, "_split")});
    }
    return;
  }
  for (const fs::directory_entry& below : fs::directory_iterator(folder)) {
    if (fs::exists(below.path() / "state.json")) {
      for (const fs::path& file :
           saved_files(below.path(), read_json(below.path() / "state.json"))) {
        files.add(file, {below.path().filename().string()});
      }
    }
  }
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
                                 const std::string& place, const std::string& wanted) {
  std::vector<std::string> names;
  for (const auto& [name, ignored] : files) {
    if (!name.empty()) {
      names.push_back(name);
    }
  }
  if (!wanted.empty()) {
    check(files.contains(wanted), ErrorKind::not_found, "{} has no configuration '{}'{}; it has {}",
          place, wanted, did_you_mean(wanted, names), names.empty() ? "none" : join(names, ", "));
    return wanted;
  }
  check(names.size() <= 1 || files.contains(""), ErrorKind::invalid_argument,
        "{} has several configurations; say which by the key `name`: {}", place, join(names, ", "));
  return files.contains("") || names.empty() ? "" : names.front();
}

/// A data file that is not hidden, nor in a hidden folder. `relative`: its path where it was found.
bool is_shown_data_file(const fs::directory_entry& entry, const fs::path& relative) {
  const auto is_hidden = [](const fs::path& part) { return part.string().starts_with('.'); };
  return entry.is_regular_file() && std::none_of(relative.begin(), relative.end(), is_hidden) &&
         is_data_file(entry.path());
}

/// The data files in the folder and in folders in it, relative to it.
std::vector<fs::path> data_files_below(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder)) {
    const fs::path relative = entry.path().lexically_relative(folder);
    if (is_shown_data_file(entry, relative)) {
      files.push_back(relative);
    }
  }
  return files;
}

/// Each is named by its own name or by the folder that it is in.
std::vector<std::string> take_named(const fs::path& folder, const std::vector<fs::path>& files,
                                    const std::string& place, const std::string& split) {
  SplitFiles of_split(split);
  for (const fs::path& path : files) {
    of_split.add(folder / path, {without_compression(path).stem().string(),
                                 path.parent_path().filename().string()});
  }
  return of_split.take(place);
}

/// What the card in the folder names; nothing if it names no files. `advice`: where they can be
/// had.
std::optional<std::vector<std::string>> files_of_card(const fs::path& folder,
                                                      const FileChoice& choice,
                                                      const std::string& place,
                                                      const std::string& advice) {
  const auto configuration = find_configuration(folder, choice.configuration);
  if (!configuration) {
    return std::nullopt;
  }
  if (!configuration->splits.empty()) {
    auto files = files_of_split(folder, *configuration, choice.split, advice);
    check_one_kind(files, place);
    return files;
  }
  const fs::path below = folder / configuration->folder;
  check(fs::is_directory(below), ErrorKind::not_found,
        "{}: the card in it names the folder '{}' for the configuration '{}', which is not there; "
        "{}",
        place, configuration->folder, configuration->name, advice);
  return take_named(below, data_files_below(below), below.string(), choice.split);
}

/// The files of a hub data set, in a folder of their own; huggingface_hub's hold links to them.
/// `place` names it.
std::vector<std::string> files_of_snapshot(const fs::path& snapshot, const std::string& place,
                                           const FileChoice& choice) {
  std::map<std::string, std::vector<fs::path>> files;
  for (const fs::path& path : data_files_below(snapshot)) {
    files[configuration_of(path)].push_back(path);
  }
  return take_named(snapshot, files[choose_configuration(files, place, choice.configuration)],
                    place, choice.split);
}

/// Files in the folder itself, or of a hub data set that was copied or cloned to it.
std::vector<std::string> files_of_folder(const std::string& folder, const FileChoice& choice) {
  const fs::path path(folder);
  const std::string place = "the folder " + folder;
  SplitFiles files(choice.split);
  if (fs::exists(path / "state.json") || fs::exists(path / "dataset_dict.json")) {
    add_saved(files, path);
    return files.take(place);
  }
  if (auto named = files_of_card(path, choice, place,
                                 "complete the copy, or give the paths of the files meant")) {
    return *named;
  }
  bool has_files = false;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    if (is_shown_data_file(entry, entry.path().filename())) {
      files.add(entry.path(), {without_compression(entry.path()).stem().string()});
      has_files = true;
    }
  }
  if (!has_files || !choice.configuration.empty()) {
    return files_of_snapshot(path, place, choice);
  }
  const auto below = data_files_below(path);
  const auto inner = std::ranges::find_if(below, &fs::path::has_parent_path);
  check(inner == below.end(), ErrorKind::invalid_argument,
        "{0} holds data files and so do folders in it, e.g. {1}; say which are meant: {2}/*{3} for "
        "its own, {2}/**/*{3} for all",
        place, inner == below.end() ? "" : inner->string(), folder,
        inner == below.end() ? "" : inner->extension().string());
  return files.take(place);
}

/// The name of a file in a pattern that means this file alone.
std::string as_pattern(const std::string& name) {
  std::string out;
  for (const char c : name) {
    out += std::string_view("*?[\\").find(c) == std::string_view::npos ? "" : "\\";
    out += c;
  }
  return out;
}

/// The folder and all in it, at any depth, that is not hidden.
std::vector<fs::path> folders_below(const fs::path& folder) {
  std::vector<fs::path> out = {folder};
  for (auto at = fs::recursive_directory_iterator(folder); at != fs::end(at); ++at) {
    if (at->is_directory() && at->path().filename().string().starts_with('.')) {
      at.disable_recursion_pending();
    } else if (at->is_directory()) {
      out.push_back(at->path());
    }
  }
  return out;
}

/// "**" stands for any number of folders, as for Python's glob and `datasets`; at the end, for the
/// data files in them.
std::vector<std::string> files_of_pattern(const std::string& pattern) {
  const auto stars = ("/" + pattern + "/").find("/**/");
  if (stars == std::string::npos) {
    return matches_of(pattern);
  }
  const std::string before = stars == 0 ? "." : pattern.substr(0, stars - 1);
  const std::string rest = stars + 2 < pattern.size() ? pattern.substr(stars + 3) : "*";
  std::set<std::string> files;
  for (const auto& top : matches_of(before)) {
    if (!fs::is_directory(top)) {
      continue;
    }
    for (const auto& folder : folders_below(top)) {
      const auto found = files_of_pattern(as_pattern(folder.string()) + "/" + rest);
      std::ranges::copy_if(found, std::inserter(files, files.end()),
                           [&](const auto& file) { return !fs::is_directory(file); });
    }
  }
  return {files.begin(), files.end()};
}

/// A file that is given by itself is "train", as `datasets` has it, unless its name says otherwise.
void check_split_of_file(const fs::path& file, const std::string& split) {
  const auto named = split_named(without_compression(file).stem().string(), split);
  check(split == "train" || named == split, ErrorKind::invalid_argument,
        "{}: split '{}' is asked for, but a file that is given by its path is the split 'train'. "
        "Write split: train, or a part of it (train[90%:]); or give the folder of files that are "
        "named after their splits (train.jsonl, validation.jsonl)",
        file.string(), split);
}

std::string download_line(const std::string& id, const std::string& revision) {
  return fmt::format("'automodel download {} --repo-type dataset{}'", id,
                     revision == "main" ? "" : " --revision " + revision);
}

std::string not_cached(const std::string& id, const std::string& revision) {
  const auto others = cached_revisions(RepoKind::dataset, id);
  const std::string bring = download_line(id, revision);
  return others.empty()
             ? fmt::format(
                   ", and no data set of that name is in the local hub cache {}; bring it by "
                   "{}, or give the path of its files",
                   hub_cache_folder().string(), bring)
             : fmt::format(
                   ", and of the data set of that name the local hub cache {} has not the "
                   "revision '{}' but {}; bring it by {}",
                   hub_cache_folder().string(), revision, join(others, ", "), bring);
}

}  // namespace

std::vector<std::string> matches_of(const std::string& pattern) {
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

std::vector<std::string> find_paths(const std::string& path, const std::string& revision) {
  std::error_code ignored;  // e.g. a name too long for a path: then it is no path
  if (fs::exists(path, ignored)) {
    return {path};
  }
  std::vector<std::string> files;
  if (path.find_first_of("*?[") != std::string::npos) {
    files = files_of_pattern(path);
  }
  check(!files.empty(), ErrorKind::not_found, "{}: no such data file or folder{}", path,
        names_hub_dataset(path) ? not_cached(path, revision) : "");
  return files;
}

std::string without_shard_number(const std::string& file) {
  const fs::path path(file);
  const auto shard = shard_name(path.stem().string());
  return shard ? (path.parent_path() / fmt::format("{}-of-{}{}", shard->split, shard->num_shards,
                                                   path.extension().string()))
                     .string()
               : file;
}

std::vector<std::string> find_data_files(const std::string& path, const FileChoice& choice) {
  std::error_code ignored;
  if (fs::is_directory(path, ignored)) {
    return files_of_folder(path, choice);
  }
  if (names_hub_dataset(path)) {
    if (const auto snapshot =
            cached_snapshot({.kind = RepoKind::dataset, .id = path, .revision = choice.revision})) {
      const auto place = fmt::format("the data set {} in {}", path, snapshot->string());
      const auto advice = fmt::format("bring it by {}, or give the paths of the files meant",
                                      download_line(path, choice.revision));
      auto named = files_of_card(*snapshot, choice, place, advice);
      return named ? *named : files_of_snapshot(*snapshot, place, choice);
    }
  }
  auto files = find_paths(path, choice.revision);
  for (const std::string& file : files) {
    check_split_of_file(file, choice.split);
  }
  return files;
}

}  // namespace automodel::data
