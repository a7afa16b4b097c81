#include "data/thinking.h"

#include <algorithm>

#include "base/text.h"

namespace automodel::data {
namespace {

constexpr std::string_view kOpen = "<think>", kClose = "</think>";

std::size_t after_blanks(std::string_view text, std::size_t at) {
  return std::min(text.find_first_not_of(" \t\r\n", at), text.size());
}

}  // namespace

std::optional<text::Span> thinking_in(std::string_view content) {
  const std::size_t end = content.find(kClose);
  if (end == std::string_view::npos) {
    return std::nullopt;
  }
  const std::size_t open = content.rfind(kOpen, end);
  const std::size_t begin = open == std::string_view::npos ? 0 : open + kOpen.size();
  return trim(content.substr(begin, end - begin)).empty() ? std::nullopt
                                                          : std::optional(text::Span{begin, end});
}

std::string_view without_thinking(std::string_view content) {
  const auto close = content.rfind(kClose);
  if (close == std::string_view::npos) {
    return trim(content);
  }
  const auto text = trim(content.substr(close + kClose.size()));
  const auto open = content.find(kOpen);
  const auto begin = open < close ? open + kOpen.size() : 0;
  return text.empty() ? trim(content.substr(begin, close - begin)) : text;
}

text::Span empty_thinking(std::string_view text, std::size_t begin) {
  std::size_t at = after_blanks(text, begin);
  if (text.substr(at).starts_with(kOpen)) {
    at = after_blanks(text, at + kOpen.size());
  }
  const bool is_empty = text.substr(at).starts_with(kClose);
  return {begin, is_empty ? after_blanks(text, at + kClose.size()) : begin};
}

}  // namespace automodel::data
