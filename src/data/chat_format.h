#pragma once
// Conversations to samples through a chat template.

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "data/limit.h"
#include "data/mask.h"
#include "data/messages.h"
#include "data/sample.h"
#include "data/template_traits.h"
#include "data/text_context.h"

namespace automodel::data {

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
  Render render_of(const Conversation& conversation) const;
  std::vector<MarkedText> mark(const Conversation& conversation, const Render& render) const;
  /// For each message whether it is learnt.
  std::vector<bool> wanted(const Conversation& conversation) const;
  bool shows_all(const Conversation& conversation, std::span<const MarkedText> texts) const;

  const TemplateTraits& traits(bool has_tools) const;

  std::shared_ptr<const TextContext> context_;
  MaskOptions mask_;
  TemplateTraits with_tools_;
  TemplateTraits without_tools_;
};

}  // namespace automodel::data
