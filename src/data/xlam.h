#pragma once
// make_xlam_dataset: rows of {query, tools, answers}, the last two as lists or their JSON text.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "data/dataset.h"
#include "data/keys.h"
#include "data/limit.h"
#include "data/messages.h"
#include "data/split.h"
#include "data/text_context.h"

namespace automodel::data {

struct XlamOptions {
  /// Files, folders or patterns; see open_rows.
  std::vector<std::string> paths;
  std::string split = "train";
  SelectOptions rows;
  /// Replaces the tokenizer's chat template; see with_chat_template. No key of a recipe: validation
  /// data have it of the training data.
  std::optional<std::string> chat_template = {};
  /// max_tokens is taken from the TextContext.
  LengthLimit limit;
};

/// The query as the user's turn, the answers as tool calls of the assistant's.
std::unique_ptr<const Dataset> make_xlam_dataset(const XlamOptions& options, TextContext context);

/// The keys of upstream's xlam.make_xlam_dataset.
XlamOptions read_xlam_options(Keys& keys);

/// OpenAI's schemas of xLAM's tools: {name, description, parameters: {NAME: {type, description,
/// default}}}, whose types are Python's; a parameter without default is required.
/// Throws Error(corrupt_data).
Json xlam_tools(const Json& tools);

}  // namespace automodel::data
