#pragma once
// make_squad_dataset: rows of {context, question, answers: {text: [...]}}.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "data/dataset.h"
#include "data/keys.h"
#include "data/limit.h"
#include "data/split.h"
#include "data/text_context.h"

namespace automodel::data {

struct SquadOptions {
  /// Files, folders or patterns; see open_rows.
  std::vector<std::string> paths;
  std::string split = "train";
  SelectOptions rows;
  /// Replaces the tokenizer's chat template; see with_chat_template.
  std::optional<std::string> chat_template;
  /// max_tokens is taken from the TextContext.
  LengthLimit limit;
};

/// "Context: ... Question: ... Answer: " with the first answer; as user and assistant turn if there
/// is a chat template. A row without answers learns to answer nothing.
std::unique_ptr<const Dataset> make_squad_dataset(const SquadOptions& options, TextContext context);

/// The first of the answers in a column as SQuAD has it, {"text": [...]}, without blanks around it;
/// empty if there is none. Throws Error(corrupt_data).
std::string first_answer(const Json& row, const std::string& name);

/// The keys of upstream's squad.make_squad_dataset.
SquadOptions read_squad_options(Keys& keys);

}  // namespace automodel::data
