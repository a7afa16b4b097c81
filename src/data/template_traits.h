#pragma once
// What a chat template does with a conversation, and what it leaves out.

#include <array>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "base/json.h"
#include "data/mask.h"
#include "data/messages.h"
#include "data/text_context.h"
#include "text/chat_template.h"

namespace automodel::data {

/// Where data sets put tools into messages.
inline constexpr std::array<const char*, 2> kToolKeys = {"tools", "functions"};

/// Parts of an answer: its text beside calls of tools, and the reasoning inside of its text.
inline constexpr const char *kTextBesideCalls = "content", *kThinkBlock = "<think>";

struct TemplateTraits {
  /// How it wants the arguments of tool calls: found by rendering a call both ways and looking
  /// which comes out as JSON. Templates that write `arguments | tojson` would quote a text once
  /// more; templates that join strings refuse an object.
  ArgumentForm arguments = ArgumentForm::object;
  bool writes_tools = true;
  bool writes_calls = true;
  /// Whether it writes all calls of a message: gpt-oss's write the first one.
  bool writes_every_call = true;
  /// Whether it writes the calls of a message that has a text, too.
  bool writes_calls_beside_text = true;
  bool writes_documents = true;
  /// What it does not write of an answer: kTextBesideCalls, kThinkBlock, keys of reasoning. And
  /// keys of tools inside of messages.
  std::vector<std::string> hides = {};
  /// What ends answers with calls of tools, and all others, where they have no end but the token by
  /// which the next message begins (next_begin): GLM's <|observation|> and <|user|>.
  std::string ends_calls = {}, ends_answers = {};
  bool operator==(const TemplateTraits&) const = default;
};

/// Found by rendering short conversations and by the variables that the template reads.
TemplateTraits traits_of(const text::ChatTemplate& chat_template, const TextContext& context);

/// With the context's template variables and time.
text::RenderOptions render_options(const TextContext& context, const Json& tools);

bool calls_tools(const Json& message);

/// The texts that are made of a conversation, and the whole of it.
using MarkAll = std::function<std::vector<MarkedText>(const Conversation& conversation)>;

/// Whether all that the conversation has shows in `texts`, which are made of it. Of answers that
/// are not learnt (`wanted` has it for each message) the thinking inside of the text may be gone:
/// the model sees them so. Where the content of a system's or tool's message is in `texts` neither
/// as it is nor as JSON, `mark_all` is called on a copy with a mark in its place, which must show.
bool is_all_shown(const Conversation& conversation, const std::vector<bool>& wanted,
                  std::span<const MarkedText> texts, const TemplateTraits& traits,
                  const MarkAll& mark_all);

}  // namespace automodel::data
