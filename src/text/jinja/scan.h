#pragma once
// The lexer's patterns. Each gives how many bytes at the start of the text match, 0 for none.

#include <cstddef>
#include <string_view>

namespace automodel::text::jinja {

std::size_t count_spaces(std::string_view text);
std::size_t match_float(std::string_view text);
std::size_t match_integer(std::string_view text);
std::size_t match_name(std::string_view text);
/// A quoted string, quotes included.
std::size_t match_string(std::string_view text);
/// "{% raw %}" with the whitespace that its '-' trims.
std::size_t match_raw_begin(std::string_view text);

struct RawEnd {
  std::size_t bytes = 0;
  char begin_sign = ' ';
  char end_sign = ' ';
};
/// "{% endraw %}" without trimmed whitespace.
RawEnd match_raw_end(std::string_view text);

/// Without whitespace at the end.
std::string_view trim_right(std::string_view text);
/// Without the whitespace between the last line break (or the start, if that begins a line) and the
/// end, provided nothing else stands there.
std::string_view without_indentation(std::string_view text, bool starts_line);

}  // namespace automodel::text::jinja
