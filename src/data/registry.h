#pragma once
// All kinds of data sets, by the short names of upstream's targets.

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/json.h"
#include "data/classification.h"
#include "data/dataset.h"
#include "data/keys.h"
#include "data/text_context.h"

namespace automodel::data {

/// Which rows a chat template renders; where the tokenizer has none, squad's are plain text.
enum class UsesTemplate { never, always, if_asked };

struct DatasetKind {
  /// After "nemo_automodel.components.datasets.llm.".
  std::string_view name;
  std::string_view summary;
  /// The key that names its files, folder or hub id; empty: it reads none.
  std::string_view place;
  std::unique_ptr<const Dataset> (*make)(Keys& keys, const TextContext& context);
  /// if_asked: with use_hf_chat_template.
  UsesTemplate uses_template = UsesTemplate::never;
  /// Reads what a section of texts with a class says of its files and columns; null for other
  /// kinds, and for made-up rows.
  ClassificationOptions (*read_classes)(Keys& keys) = nullptr;
};

/// Every kind that can be built.
std::span<const DatasetKind> dataset_kinds();

/// By `_target_`, with or without upstream's prefix, or its class alone.
/// Throws Error(unsupported) for an unknown one, with similar names.
const DatasetKind& find_dataset_kind(std::string_view target);

/// Whether the data are made up. Throws as find_dataset_kind.
bool is_mock_target(std::string_view target);

/// Whether the chat template, if there is one, renders the rows of a section with these keys.
bool uses_template(std::string_view target, const Json& keys);

/// Builds the data set of a recipe's section: `target` is the section's "_target_", with or without
/// upstream's prefix, `keys` all other keys but "tokenizer".
/// Throws Error(unsupported) for an unknown target, Error(invalid_argument) for a wrong key.
std::unique_ptr<const Dataset> make_dataset(const std::string& target, const Json& keys,
                                            const TextContext& context);

}  // namespace automodel::data
