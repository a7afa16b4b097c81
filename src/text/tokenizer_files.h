#pragma once
// The tokenizer of a folder or a file, whichever of the usual formats holds it.

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "base/json.h"
#include "text/mistral_split.h"
#include "text/tokenizer.h"
#include "text/tokenizer_config.h"

namespace automodel::text {

/// A tokenizer in the form that a Hugging Face folder has: what other formats are turned into.
struct TokenizerFiles {
  Json tokenizer;         // contents of tokenizer.json: HF tokenizers loads it as well
  Json tokenizer_config;  // contents of tokenizer_config.json, with the chat template
};

struct LoadedTokenizer {
  Tokenizer tokenizer;
  TokenizerConfig config;
  /// Where the class that the folder names cuts a text otherwise than its tokenizer.json says
  /// (token_difference.h); empty: nowhere.
  std::string class_difference = {};
  /// Where fix_mistral_regex changes how texts are split.
  std::optional<MistralSplit> mistral_split = {};
};

/// Reads `path`: a tokenizer.json, a tekken.json of Mistral, tiktoken's ranks (*.tiktoken or a
/// *.model of such lines), a sentencepiece *.model, or a folder with one of them (looked for in
/// this order) and with tokenizer_config.json, special_tokens_map.json and chat templates.
/// What tokenizer_config.json says about tokens is applied as Transformers does it
/// (config_tokens.h). Throws Error(not_found) that names the formats, Error(unsupported |
/// corrupt_data).
LoadedTokenizer load_tokenizer(const std::filesystem::path& path);

/// The same for a folder's tokenizer beside this config.json (null: none) in place of the folder's:
/// it has a part in which class is taken (tokenizer_class.h).
LoadedTokenizer load_tokenizer(const std::filesystem::path& path, const Json& model_config);

/// The same from the two files' contents; `source` names them in errors.
LoadedTokenizer load_tokenizer(const TokenizerFiles& files, std::string_view source);

/// The config.json of a folder; null if there is none.
Json model_config_in(const std::filesystem::path& folder);

/// What copies of a folder's files must say for a reader who finds `other` (null: no config.json)
/// beside them to take the tokenizer that load_tokenizer(folder, model_config) is: a whole
/// tokenizer.json, null if the copy is right, and keys of tokenizer_config.json. None: the copies
/// say it. Throws as load_tokenizer.
std::optional<TokenizerFiles> files_beside(const std::filesystem::path& folder,
                                           const Json& model_config, const Json& other);

/// The file that load_tokenizer reads in a folder; empty if there is none.
std::filesystem::path tokenizer_file_in(const std::filesystem::path& folder);

}  // namespace automodel::text
