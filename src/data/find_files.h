#pragma once
// Which files a data set's path means.

#include <string>
#include <vector>

namespace automodel::data {

struct FileChoice {
  /// The split whose files are taken, e.g. "train".
  std::string split = "train";
  /// Of a hub data set: its configuration (by its card, else a folder), and the branch, tag or
  /// commit.
  std::string configuration;
  std::string revision = "main";
};

/// What matches, sorted; "**" is not looked at. Throws Error(io) for a folder that cannot be read.
std::vector<std::string> matches_of(const std::string& pattern);

/// A path that exists, or the files that a pattern matches ("**": any number of folders), in the
/// order of their names.
/// Throws Error(not_found) if there are none.
std::vector<std::string> find_paths(const std::string& path, const std::string& revision = "main");

/// The file's path without the number of its shard, where `datasets` wrote it in several (as
/// train-00000-of-00003.parquet, with or without a hash behind the number): the same for all of
/// them, which have the same columns. Of other files the path itself.
std::string without_shard_number(const std::string& file);

/// The data files that `path` means:
/// - a file, or a pattern: of the split "train", or of that which its name speaks of;
/// - a folder: its own files (an error if folders in it have some, too) of the split, by the words
///   in their names (train, training, validation, valid, val, dev, eval, evaluation, test,
///   testing); "train" also means files without such a word where none has it;
/// - a folder that `save_to_disk` of the Python package `datasets` wrote: what its state.json
///   lists;
/// - a folder without data files, or one of which a configuration is asked for: a copy of a hub
///   data set, as below;
/// - a hub id ("org/name") whose snapshot lies in huggingface_hub's cache: as a folder, with the
///   folders below it, which may be named after splits as well.
/// Of a folder and of a hub data set the card README.md says it first, if its `configs` names files
/// (data/card.h); then nothing is taken by names.
/// Throws Error(not_found) that says what is there, Error(invalid_argument) if the data set has
/// several configurations and none is chosen, or a file is not of the split.
std::vector<std::string> find_data_files(const std::string& path, const FileChoice& choice);

}  // namespace automodel::data
