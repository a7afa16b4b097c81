#pragma once
// Which bytes of a rendered conversation are learnt.
//
// What an assistant turn adds is found by rendering (answer_view.h), so that it holds for any
// template. The prompt itself (with the generation prompt) is never learnt, the end-of-turn token
// is.

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "data/answer_view.h"
#include "data/keys.h"
#include "data/sample.h"
#include "text/span.h"

namespace automodel::data {

/// A learnt byte range [begin, end).
struct Answer {
  std::size_t begin = 0;
  std::size_t end = 0;
  /// What templates print behind the end-of-turn token (a newline, mostly) is not learnt: the model
  /// stops there. False for the template's own {% generation %} blocks, which are taken as they
  /// are.
  bool ends_at_last_special = true;
  bool operator==(const Answer&) const = default;
};

/// Bytes up to `end`, from the turn before on, with the markup around them.
struct Turn {
  Role role = Role::text;
  std::size_t end = 0;
  bool operator==(const Turn&) const = default;
};

/// A text to be encoded as one document.
struct MarkedText {
  std::string text;
  std::vector<Answer> answers;    // disjoint, in order
  std::vector<text::Span> holes;  // parts of answers that are not learnt, in order
  std::vector<Turn> turns = {};   // of the whole text, or none where nobody asked for them
  bool operator==(const MarkedText&) const = default;
};

struct MaskOptions {
  /// Everything is learnt, prompts too; the other options have no effect.
  bool train_all = false;
  /// The roles whose messages are learnt. Prompts of roles other than "assistant" include nothing
  /// of their turn: its header is learnt as well.
  std::vector<std::string> train_roles = {"assistant"};
  /// Only the last learnt message counts, earlier ones are context.
  bool mask_history = false;
  /// "reasoning_content", and what stands before </think> in "content", stay in the text but are
  /// not learnt.
  bool mask_reasoning_content = false;
  /// A conversation of which nothing is learnt is no error.
  bool allows_untrained = false;
  bool operator==(const MaskOptions&) const = default;
};

/// The key roles_to_train: a list of roles, or absent for the assistant alone. Throws
/// Error(invalid_argument) for an empty list and for what is no role.
std::vector<std::string> read_train_roles(Keys& keys);

/// Whether messages that the model does not write are to be learnt.
bool trains_prompts(const MaskOptions& options);

/// For each message whether it is to be learnt. `learnable`: the row's own wishes, one per message.
/// Throws Error(corrupt_data) if none is, unless that is allowed.
std::vector<bool> wanted_messages(const Json& messages, const std::vector<bool>& learnable,
                                  const MaskOptions& options);

struct MarkRequest {
  Json messages = Json::array();
  /// For each message whether it is learnt; see wanted_messages.
  std::vector<bool> wanted;
  bool mask_reasoning_content = false;
  /// The tokenizer's; some templates print it behind the last message only.
  std::string eos_token;
  /// Whether a text ends in a special token, which ends an answer without the EOS token, too.
  std::function<bool(std::string_view)> ends_in_special = [](std::string_view) { return false; };
};

/// Renders the messages and marks those that are wanted. Usually one text. If the template shows an
/// answer or what was before it otherwise once the conversation has gone on (Qwen3 drops old
/// thinking), the texts are the conversation as the model saw it at each such answer, and each
/// answer is marked in one of them. Some templates write the EOS token at the end of a conversation
/// only. An answer that has no special token at its end elsewhere then gets a text that ends with
/// it, too. It needs none if a later answer of the same text is marked with its end: the model
/// learns from that one how to end an answer.
/// {% generation %} blocks are used as they are where the template has them; if only some answers
/// are wanted, one must belong to each assistant message. Throws Error(unsupported) where the
/// generation prompt is not how the template begins the answer.
std::vector<MarkedText> mark_messages(const MarkRequest& request, const Render& render);

}  // namespace automodel::data
