#pragma once
// A conversation as the model sees it at one of its answers.

#include <cstddef>
#include <functional>
#include <string>

#include "base/json.h"
#include "text/chat_template.h"

namespace automodel::data {

/// Renders messages by some template.
using Render = std::function<text::Rendered(const Json& messages, bool add_generation_prompt)>;

/// The conversation when the model has just written message k.
struct AnswerView {
  std::size_t message = 0;
  /// What stands before the answer, with the generation prompt.
  std::size_t prompt_bytes = 0;
  std::string text;
  /// Once the answer is there, the template shows what was before it otherwise than the prompt did.
  /// `text` is joined of the prompt, as the model saw it, and the answer.
  bool is_joined = false;
};

Json first_messages(const Json& messages, std::size_t count);

/// The view of message k. Its prompt is render(messages[:k], add_generation_prompt), its answer
/// what render(messages[:k + 1]) adds to that. Of messages that the model does not write the prompt
/// is without a generation prompt.
///
/// - Some templates show the history otherwise behind a prompt than behind an answer: Mistral's
///   write the system's text into the last question only while that comes last, gpt-oss's drop the
///   analysis of calls once they are followed by an answer. The answer then begins where
///   render(messages[:k + 1]) has gone on as the prompt does, from the content of the prompt's last
///   message to its end.
/// - Few templates render the empty prompt of a conversation that begins with an answer. The answer
///   then begins behind its header, which the generation prompt adds to a question.
///
/// Throws Error(unsupported) where neither says how the template begins the answer.
AnswerView view_at(const Json& messages, std::size_t k, const Render& render);

}  // namespace automodel::data
