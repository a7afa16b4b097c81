#pragma once
// Which files a data set's card names: `configs` in the YAML front matter of README.md, as data
// sets of the Hugging Face hub have it.

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace automodel::data {

struct CardSplit {
  std::string name;
  /// Paths and patterns (data/path_pattern.h) relative to the card's folder.
  std::vector<std::string> patterns;
  bool operator==(const CardSplit&) const = default;
};

struct CardConfiguration {
  std::string name;
  bool is_default = false;
  /// `data_dir`. Where there are no splits its files are meant, by their names.
  std::string folder;
  std::vector<CardSplit> splits;

  bool names_files() const { return !folder.empty() || !splits.empty(); }
  /// Whether the file, relative to the card's folder, is one of its files, of any split.
  bool takes(const std::string& path) const;
  bool operator==(const CardConfiguration&) const = default;
};

/// The configurations of the card in `folder`; none without a card or without `configs` in it.
/// Throws Error(corrupt_data) "README.md:line:column" if `configs` is not as `datasets` wants it,
/// or if the front matter speaks of it and is no YAML.
std::vector<CardConfiguration> read_card(const std::filesystem::path& folder);

/// The configuration of that name; without one the default (marked so, else named so, else the only
/// one). Nothing if it, or the whole card, names no files.
/// Throws Error(not_found | invalid_argument) that lists the names, and as read_card.
std::optional<CardConfiguration> find_configuration(const std::filesystem::path& folder,
                                                    const std::string& wanted);

/// The files of a split of a configuration with splits, by pattern and in each by name.
/// `advice`: what the user can do if files are not there.
/// Throws Error(not_found) that lists the splits, or names a path or pattern that finds no data
/// file.
std::vector<std::string> files_of_split(const std::filesystem::path& folder,
                                        const CardConfiguration& configuration,
                                        const std::string& split, const std::string& advice);

}  // namespace automodel::data
