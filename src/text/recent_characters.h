#pragma once
// Characters that the system's libraries may be too old to know.

#include <span>
#include <string_view>

namespace automodel::text {

/// Neighbouring characters of one general category.
struct RecentCharacters {
  char32_t first;
  char32_t last;
  std::string_view category;  // "Lu", "So", ...
};

/// What Unicode 14, 15 and 16 added, ascending. Debian 12's PCRE2 knows Unicode 14 and its utf8proc
/// Unicode 15, but Hugging Face's tokenizers splits text by Unicode 16, and people write the new
/// emoji.
std::span<const RecentCharacters> recent_characters();

/// The category of one of these characters; empty for all others.
std::string_view recent_category(char32_t c);

}  // namespace automodel::text
