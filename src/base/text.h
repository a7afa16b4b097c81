#pragma once
// Small string functions that the standard library lacks.

#include <charconv>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace automodel {

std::vector<std::string> split(std::string_view text, char separator);
std::string_view trim(std::string_view text);
std::string join(std::span<const std::string> parts, std::string_view separator);
std::string replace_all(std::string text, std::string_view from, std::string_view to);
std::string to_lower_ascii(std::string_view text);

/// The whole characters of `text` (UTF-8) that its first `bytes` bytes hold.
std::string_view first_bytes(std::string_view text, std::size_t bytes);

/// True if `text` matches `pattern`, in which '*' stands for any run of characters. Anchored at
/// both ends.
bool matches_wildcard(std::string_view text, std::string_view pattern);

/// Damerau-Levenshtein distance (insert, delete, replace, swap neighbours) in bytes.
int edit_distance(std::string_view a, std::string_view b);

/// The candidates closest to `name`, best first, at most `count`, none that shares too little to
/// help.
std::vector<std::string> nearest_names(std::string_view name,
                                       std::span<const std::string> candidates,
                                       std::size_t count = 3);

/// "; did you mean 'a' or 'b'?" for error texts; empty if nothing is near.
std::string did_you_mean(std::string_view name, std::span<const std::string> candidates);

/// "1.5 GiB", "640 KiB", "12 bytes".
std::string human_bytes(std::uint64_t bytes);
/// "134.5 M", "2.44 B", "812".
std::string human_count(std::int64_t count);
/// "2:05", "1:02:03".
std::string human_duration(double seconds);

/// The number that the whole text is, as std::from_chars reads it (in this base, for integers): no
/// blanks, no '+'; none where it is something else or too large for T.
template <class T, class... Base>
std::optional<T> parse_number(std::string_view text, Base... base) {
  T value{};
  const char* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, value, base...);
  return read.ec == std::errc() && read.ptr == end ? std::optional(value) : std::nullopt;
}

}  // namespace automodel
