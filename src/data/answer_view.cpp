#include "data/answer_view.h"

#include <algorithm>
#include <optional>
#include <string_view>

#include "base/error.h"
#include "base/json_text.h"
#include "base/known.h"
#include "base/text.h"

namespace automodel::data {
namespace {

std::string quoted_end(std::string_view text) {
  constexpr std::size_t kShown = 60;
  const auto begin = text.size() - std::min(text.size(), kShown);
  return Json(text.substr(begin)).dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::optional<std::string> try_render(const Json& messages, bool add_generation_prompt,
                                      const Render& render) {
  try {
    return render(messages, add_generation_prompt).text;
  } catch (const Error&) {
    return std::nullopt;
  }
}

/// Bytes that both begin with.
std::size_t common_bytes(std::string_view a, std::string_view b) {
  const auto* const end = std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first;
  return static_cast<std::size_t>(end - a.begin());
}

/// The messages with another content of message k, from its first letter on.
Json with_other_content(Json messages, std::size_t k) {
  const std::string content = text_at(messages[k], "content");
  messages[k]["content"] = trim(content).starts_with('x') ? "y" : "x";
  return messages;
}

/// Where the prompt of message k ends in `text`, if that goes on as `prompt` does from the content
/// of its last message on, which is where a conversation with another one begins to differ.
std::optional<std::size_t> prompt_end(const Json& messages, std::size_t k, std::string_view prompt,
                                      std::string_view text, const Render& render) {
  const Json others = with_other_content(first_messages(messages, k + 1), k - 1);
  const auto other_prompt = try_render(first_messages(others, k), true, render);
  const auto other_text = try_render(others, false, render);
  if (!other_prompt || !other_text) {
    return std::nullopt;
  }
  const auto tail = prompt.substr(common_bytes(prompt, *other_prompt));
  const std::size_t begin = common_bytes(text, *other_text);
  const bool goes_on = !tail.empty() && text.substr(begin).starts_with(tail);
  return goes_on ? std::optional(begin + tail.size()) : std::nullopt;
}

/// Where the header of the one message, an answer, ends in its rendering: before the content, and
/// behind what the generation prompt adds to a question.
std::optional<std::size_t> answer_begin(const Json& answer, const std::string& text,
                                        const Render& render) {
  const Json question = Json::array({{{"role", "user"}, {"content", "Hi"}}});
  const auto asked = try_render(question, false, render);
  const auto prompt = try_render(question, true, render);
  const auto other = try_render(with_other_content(answer, 0), false, render);
  if (!asked || !prompt || !other || !prompt->starts_with(*asked)) {
    return std::nullopt;
  }
  const std::string header = prompt->substr(asked->size());
  const std::string_view before = std::string_view(text).substr(0, common_bytes(text, *other));
  const std::size_t at = before.rfind(header);  // a system's text may have it, too
  const bool is_header = !header.empty() && at != std::string::npos;
  return is_header ? std::optional(at + header.size()) : std::nullopt;
}

AnswerView first_view(const Json& messages, const Render& render) {
  const Json answer = first_messages(messages, 1);
  const auto text = try_render(answer, false, render);
  const auto prompt = try_render(Json::array(), true, render);
  std::optional<std::size_t> begin;
  if (text && prompt && text->starts_with(*prompt)) {
    begin = prompt->size();
  } else if (text) {
    begin = answer_begin(answer, *text, render);
  }
  check(begin.has_value(), ErrorKind::unsupported,
        "the conversation begins with an assistant's turn, which the chat template refuses or does "
        "not begin by its generation prompt. Begin it with a user's turn, leave such rows out "
        "(skip_invalid_samples: true), or give a chat_template that marks answers by "
        "{{% generation %}} blocks");
  return {.message = 0, .prompt_bytes = known(begin), .text = known(text)};
}

}  // namespace

Json first_messages(const Json& messages, std::size_t count) {
  return Json(messages.begin(), messages.begin() + static_cast<std::ptrdiff_t>(count));
}

AnswerView view_at(const Json& messages, std::size_t k, const Render& render) {
  const bool is_answer = messages[k]["role"] == "assistant";
  if (k == 0 && is_answer) {
    return first_view(messages, render);
  }
  const std::string prompt = k > 0 ? render(first_messages(messages, k), is_answer).text : "";
  AnswerView view{.message = k,
                  .prompt_bytes = prompt.size(),
                  .text = render(first_messages(messages, k + 1), false).text};
  if (view.text.starts_with(prompt)) {
    return view;
  }
  const auto end = is_answer ? prompt_end(messages, k, prompt, view.text, render) : std::nullopt;
  check(end.has_value(), ErrorKind::unsupported,
        "what is learnt of message {} cannot be found: the chat template ends the prompt before it "
        "with {}, but does not begin the message so. Give a chat_template that marks answers by "
        "{{% generation %}} blocks",
        k, quoted_end(prompt));
  view.text.replace(0, known(end), prompt);
  view.is_joined = true;
  return view;
}

}  // namespace automodel::data
