#pragma once
// ColumnMappedTextInstructionDataset: rows with a question, perhaps a context, and an answer.

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

/// The column of each part. Context and question may be missing; without both the answer is a text
/// that is learnt from its beginning, as in pre-training.
struct ColumnMapping {
  std::optional<std::string> context, question;
  std::string answer;
  bool operator==(const ColumnMapping&) const = default;
};

struct InstructionOptions {
  /// Files, folders or patterns; see open_rows.
  std::vector<std::string> paths;
  std::string split = "train";
  SelectOptions rows;
  ColumnMapping columns;
  /// Learns the answer only, not the prompt.
  bool answer_only = true;
  /// Context as system turn, question as user turn, answer as assistant turn; a part without column
  /// or text has no turn (a context without question is the user's turn). Without the template the
  /// prompt is "context question " as plain text.
  bool use_chat_template = false;
  /// Replaces the tokenizer's chat template; see with_chat_template. No key of a recipe: validation
  /// data have it of the training data.
  std::optional<std::string> chat_template = {};
  /// max_tokens is taken from the TextContext.
  LengthLimit limit;
};

/// Throws Error(invalid_argument) on an impossible mapping; rows throw Error(corrupt_data) that
/// names a missing column with those that are there.
std::unique_ptr<const Dataset> make_instruction_dataset(const InstructionOptions& options,
                                                        TextContext context);

/// The keys of upstream's ColumnMappedTextInstructionDataset.
InstructionOptions read_instruction_options(Keys& keys);

/// The keys of upstream's ColumnMappedTextInstructionIterableDataset, whose rows here have numbers
/// like those of any other: files are memory-mapped, so none needs to fit into memory. The rows
/// are shuffled only if the recipe says so.
InstructionOptions read_streamed_instruction_options(Keys& keys);

}  // namespace automodel::data
