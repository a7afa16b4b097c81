#pragma once
// ChatDataset: conversations, learnt on what the assistant says.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "data/dataset.h"
#include "data/keys.h"
#include "data/limit.h"
#include "data/mask.h"
#include "data/split.h"
#include "data/text_context.h"

namespace automodel::data {

struct ChatOptions {
  /// Files, folders or patterns; see open_rows.
  std::vector<std::string> paths;
  /// May hold a slice: "train[:1000]".
  std::string split = "train";
  SelectOptions rows;
  /// Replaces the tokenizer's chat template; see with_chat_template.
  std::optional<std::string> chat_template;
  MaskOptions mask;
  /// max_tokens is taken from the TextContext.
  LengthLimit limit;
};

/// Rows as read_conversation reads them. Throws Error if files or template cannot be used.
std::unique_ptr<const Dataset> make_chat_dataset(const ChatOptions& options, TextContext context);

/// The keys of upstream's chat_dataset.ChatDataset.
ChatOptions read_chat_options(Keys& keys);

}  // namespace automodel::data
