#include "data/turns.h"

#include <optional>

#include "base/error.h"
#include "base/text.h"

namespace automodel::data {
namespace {

/// Where the rendering of `messages` ends in `text`, if that begins so.
std::optional<std::size_t> rendered_end(const Json& messages, const std::string& text,
                                        const Render& render) {
  try {
    const std::string part = render(messages, false).text;
    return text.starts_with(part) ? std::optional(part.size()) : std::nullopt;
  } catch (const Error&) {  // many templates refuse conversations that end early
    return std::nullopt;
  }
}

/// Where the message's content ends in `text` from `begin` on; `begin` if it is not there.
std::size_t content_end(const Json& message, const std::string& text, std::size_t begin) {
  const Json content = message.value("content", Json());
  const std::string_view words =
      content.is_string() ? trim(content.get_ref<const std::string&>()) : std::string_view();
  const auto found = text.find(words, begin);
  return words.empty() || found == std::string::npos ? begin : found + words.size();
}

}  // namespace

std::vector<Turn> find_turns(const Json& messages, const std::string& text, const Render& render) {
  std::vector<Turn> turns;
  Json first = Json::array();
  std::size_t begin = 0;
  for (const Json& message : messages) {
    first.push_back(message);
    const auto end = rendered_end(first, text, render);
    const bool fits = end && *end >= begin;
    begin = fits ? *end : content_end(message, text, begin);
    turns.push_back({role_from_name(message["role"].get_ref<const std::string&>()), begin});
    if (begin == text.size()) {
      break;
    }
  }
  turns.back().end = text.size();
  return turns;
}

}  // namespace automodel::data
