#pragma once
// Texts, or pairs of texts, each with a class.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "data/dataset.h"
#include "data/keys.h"
#include "data/split.h"
#include "data/text_context.h"

namespace automodel::data {

struct ClassificationOptions {
  /// Files, folders, patterns or hub data sets; see open_rows.
  std::vector<std::string> paths;
  std::string split = "train";
  SelectOptions rows;
  std::string text_column = "text", label_column = "label";
  /// Of a second text, which stands behind the first as the tokenizer joins pairs.
  std::optional<std::string> pair_column;
  /// What the label column holds, in the order of the classes; empty: their numbers, or the names
  /// that the context has.
  std::vector<std::string> labels;
  /// Longer rows are cut, of a pair the longer text first. 0: to the model's limit.
  std::int64_t max_length = 0;
};

/// Documents that end in a class (SampleNotes::ends_in_class), which is learnt from the token
/// before it. Texts are encoded with the tokenizer's own special tokens, without chat template.
/// Rows throw Error(corrupt_data) for a missing column, and for a class that is none.
std::unique_ptr<const Dataset> make_classification_dataset(const ClassificationOptions& options,
                                                           TextContext context);

/// The document of these tokens and this class.
TokenizedSample class_sample(std::vector<std::int32_t> ids, std::int32_t label);

/// Any rows of text and class.
ClassificationOptions read_classification_options(Keys& keys);
/// Upstream's data sets: keys split, num_samples_limit, max_length; `path_or_dataset` (ours) names
/// other files of the same columns.
ClassificationOptions read_mrpc_options(Keys& keys);
ClassificationOptions read_review_options(Keys& keys);

}  // namespace automodel::data
