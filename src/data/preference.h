#pragma once
// Preference pairs: rows of a chosen and a rejected answer to one prompt.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "data/dataset.h"
#include "data/keys.h"
#include "data/limit.h"
#include "data/split.h"

namespace automodel::data {

struct PreferenceOptions {
  /// Files, folders, patterns or hub ids; see open_rows.
  std::vector<std::string> paths;
  std::string split = "train";
  SelectOptions rows;
  /// Replaces the tokenizer's chat template; see with_chat_template.
  std::optional<std::string> chat_template;
  /// max_tokens is taken from the TextContext.
  LengthLimit limit;
};

/// Each sample has two documents: the prompt with the chosen answer, then with the rejected one; of
/// both what follows the prompt is learnt. Rows may be
/// - {chosen, rejected}: two conversations; what they begin with in common is the prompt;
/// - {prompt, chosen, rejected}: texts, or lists of messages;
/// - {conversations or messages, chosen, rejected}: turns, and one turn each.
/// A prompt that the conversations `chosen` and `rejected` begin with is not shown once more; nor
/// is one that is a text, if they are conversations that begin with the same question. Texts are a
/// user's and an assistant's turn, or without a chat template prompt and answer as they are. Errors
/// name the row; chosen and rejected must differ.
std::unique_ptr<const Dataset> make_preference_dataset(const PreferenceOptions& options,
                                                       TextContext context);

/// The keys of preference_dataset.PreferenceDataset, which upstream does not have.
PreferenceOptions read_preference_options(Keys& keys);

}  // namespace automodel::data
