#pragma once
// Which of a repository's files are wanted.

#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "hub/listing.h"

namespace automodel::hub {

enum class Need {
  all,        // every file
  model,      // what a model consists of: configuration, tokenizer, weights in one format
  config,     // the same without weights
  pattern,    // the files that Selection::patterns name
  card,       // README.md, where there is one
  described,  // the card, and of the other files those that Selection::read_card takes
};

using TakesPath = std::function<bool(const std::string& path)>;

struct Selection {
  Need need = Need::model;
  /// File names; '*' stands for any text, "folder/" for all below it.
  std::vector<std::string> patterns = {};
  /// From the folder of the card to the files that it is about. May throw.
  std::function<TakesPath(const std::filesystem::path& folder)> read_card = {};
};

/// The wanted files in the listing's order. Of weights those in safetensors are taken; else
/// pytorch_model*.bin or adapter_model.bin; else the one .gguf file. `folder`: of the card, for
/// Need::described. Throws Error(not_found) for a pattern that matches nothing, with similar names;
/// Error(invalid_argument) that lists the .gguf files if there are several and nothing else.
std::vector<RepoFile> select_files(const std::vector<RepoFile>& files, const Selection& selection,
                                   const std::filesystem::path& folder = {});

/// Those of select_files that have to be there before the selection can be used: of a model all but
/// its card, licences and .gitattributes.
std::vector<RepoFile> required_files(const std::vector<RepoFile>& files, const Selection& selection,
                                     const std::filesystem::path& folder = {});

/// Whether a folder whose listing is not known holds a whole model: its configuration, a tokenizer
/// and, for Need::model, each file of its weights; or a whole adapter; or a .gguf file, which has
/// all in one. Nothing can be said of other needs: false.
bool looks_complete(const std::filesystem::path& folder, Need need);

}  // namespace automodel::hub
