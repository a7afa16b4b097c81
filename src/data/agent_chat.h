#pragma once
// make_agent_chat_dataset: conversations with tool calls, and ways to make long ones fit.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "data/dataset.h"
#include "data/keys.h"
#include "data/limit.h"
#include "data/mask.h"
#include "data/messages.h"
#include "data/split.h"
#include "data/text_context.h"

namespace automodel::data {

struct AgentChatOptions {
  /// Files, folders or patterns; see open_rows.
  std::vector<std::string> paths;
  std::string split = "train";
  SelectOptions rows;
  /// Replaces the tokenizer's chat template; see with_chat_template.
  std::optional<std::string> chat_template;
  MaskOptions mask;
  /// max_tokens is taken from the TextContext.
  LengthLimit limit;
  /// Leaves out rows without an assistant's message.
  bool filter_no_assistant = false;
  /// Leaves out rows that are longer than limit.seq_length after all else.
  bool filter_overlong = false;
  /// Drops what follows the last assistant's message.
  bool trim_incomplete_last_turn = false;
  /// Drops the reasoning of all assistant's messages but the last.
  bool drop_history_reasoning = false;
  /// Drops the oldest exchanges until the conversation fits limit.seq_length.
  bool truncate_history = false;
};

/// Rows as read_conversation reads them.
std::unique_ptr<const Dataset> make_agent_chat_dataset(const AgentChatOptions& options,
                                                       TextContext context);

/// The keys of upstream's agent_chat.make_agent_chat_dataset.
AgentChatOptions read_agent_chat_options(Keys& keys);

/// Without the messages after the last assistant's; unchanged if there is none.
Conversation trim_after_last_assistant(const Conversation& conversation);

/// Without "reasoning_content" in all assistant's messages but the last.
Conversation drop_history_reasoning(Conversation conversation);

/// The conversations that are left when the oldest exchanges go, longest first: the system's and
/// developer's messages at the start with the messages from the first, second, ... user message on,
/// as long as a message of `train_roles` that the row lets be learnt is among those.
std::vector<Conversation> shorter_histories(const Conversation& conversation,
                                            const std::vector<std::string>& train_roles);

}  // namespace automodel::data
