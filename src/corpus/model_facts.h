#pragma once
// What data must fit of the model that is trained on it.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "config/model_sections.h"
#include "data/text_context.h"

namespace automodel::corpus {

/// Where a tokenizer is.
struct TokenizerPlace {
  /// A folder, .gguf file or hub id.
  std::string name;
  /// On the hub; empty: the model's own, or "main" for another name.
  std::string revision = {};
  /// A folder in it; empty: itself.
  std::string subfolder = {};
  bool operator==(const TokenizerPlace&) const = default;
};

struct ModelFacts {
  /// As the recipe names it.
  std::string name;
  /// Rows of the embedding, and the tokens that a document may have; 0: unknown.
  std::int64_t vocab_size = 0, max_tokens = 0;
  /// Classes that it tells; 0: it is a language model.
  std::int64_t num_labels = 0;
  /// What they are called, by number; empty: they have no names. Those of the model's files: what
  /// they are called in a run with a recipe, class_names (corpus/class_names.h) says.
  std::vector<std::string> class_names = {};
  /// Tokens that end its answers, as its files or the recipe's section say.
  std::vector<std::int32_t> stop_ids;
  /// Opens the tokenizer and chat templates of this model, or of another one.
  std::function<data::TextContext(const TokenizerPlace& place)> open_text;
};

/// Opens a tokenizer's folder or file.
using OpenTokenizer = std::function<data::TextContext(const std::filesystem::path& path)>;

/// The folder or file of a tokenizer; `model_path` is that of the model named `model_name`.
/// Throws Error(not_found).
std::filesystem::path find_tokenizer(const TokenizerPlace& place, const std::string& model_name,
                                     const std::filesystem::path& model_path);

/// Of a Hugging Face folder, or a hub id in the local cache; reads no weights. `open_tokenizer`
/// opens its tokenizer, or the one that a recipe names in its place.
/// Throws Error(not_found), Error(corrupt_data | unsupported) as models::read_spec.
ModelFacts read_model_facts(const config::ModelSource& model,
                            const OpenTokenizer& open_tokenizer = data::load_text_context);

}  // namespace automodel::corpus
