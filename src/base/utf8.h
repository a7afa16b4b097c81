#pragma once
// What is UTF-8 and what is not.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace automodel {

/// The offset of the first byte that is not part of valid UTF-8, if there is one.
std::optional<std::size_t> find_invalid_utf8(std::string_view text);
/// `text` with U+FFFD for each maximal part of a character that is not valid UTF-8.
std::string replace_invalid_utf8(std::string_view text);

/// The text of a file without the byte order mark at its beginning, if it has one.
std::string_view without_byte_order_mark(std::string_view text);

/// Throws Error(corrupt_data) that names `source` and the encoding if `text`, a whole file, begins
/// as UTF-16 or UTF-32 does: with a byte order mark, or with zeros as every other byte.
void refuse_wide_encoding(std::string_view text, std::string_view source);

}  // namespace automodel
