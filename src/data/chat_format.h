#pragma once
// Conversations to samples through a chat template.

#include <memory>
#include <string>
#include <vector>

#include "data/limit.h"
#include "data/mask.h"
#include "data/messages.h"
#include "data/sample.h"
#include "data/text_context.h"

namespace automodel::data {

/// What a chat template does with a conversation.
struct TemplateTraits {
  /// How it wants the arguments of tool calls: found by rendering a call both ways and looking
  /// which comes out as JSON. Templates that write `arguments | tojson` would quote a text once
  /// more; templates that join strings refuse an object.
  ArgumentForm arguments = ArgumentForm::object;
  bool writes_tools = true;
  bool writes_calls = true;
  /// Whether it writes the calls of a message that has a text, too.
  bool writes_calls_beside_text = true;
  bool writes_documents = true;
  /// Roles (system, developer, tool) whose messages it does not write; "assistant" if not the text
  /// beside calls; keys of reasoning; keys of tools inside of messages.
  std::vector<std::string> hides = {};
  /// What ends answers with calls of tools, and all others, where they have no end but the token by
  /// which the next message begins (next_begin): GLM's <|observation|> and <|user|>.
  std::string ends_calls = {}, ends_answers = {};
  bool operator==(const TemplateTraits&) const = default;
};

/// Found by rendering a call and by the variables that the template reads.
TemplateTraits traits_of(const text::ChatTemplate& chat_template, const TextContext& context);

/// Immutable; may be used by several threads at once.
class ChatFormat {
 public:
  /// Throws Error(invalid_argument) if there is no chat template.
  ChatFormat(std::shared_ptr<const TextContext> context, MaskOptions mask);

  /// Reads a row as read_conversation does, in the form that the template wants. Tools that a
  /// message holds, where the template does not look for them, become the conversation's.
  /// Throws Error(corrupt_data) also if they differ from the row's.
  Conversation read(const Json& row) const;
  /// Throws Error with the reason if the template refuses the conversation or nothing is learnt.
  TokenizedSample tokenize(const Conversation& conversation) const;
  /// The conversation as text with its marks.
  std::vector<MarkedText> mark(const Conversation& conversation) const;

 private:
  std::vector<MarkedText> mark(const Conversation& conversation, const Render& render) const;

  const TemplateTraits& traits(bool has_tools) const;
  bool is_all_shown(const Conversation& conversation, const std::vector<MarkedText>& texts) const;

  std::shared_ptr<const TextContext> context_;
  MaskOptions mask_;
  TemplateTraits with_tools_;
  TemplateTraits without_tools_;
};

}  // namespace automodel::data
