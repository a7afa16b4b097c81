#pragma once
// Python's case mappings: full mappings (one code point may become several), final sigma included.

#include <string>
#include <string_view>

namespace automodel::text::jinja {

std::string to_upper(std::string_view text);
std::string to_lower(std::string_view text);
/// str.title(): the first letter of each run of cased letters in title case, the others lower.
std::string to_title(std::string_view text);
/// str.capitalize(): the first character in title case, the others lower.
std::string capitalize(std::string_view text);
std::string swap_case(std::string_view text);
std::string case_fold(std::string_view text);
/// str.islower() and isupper(): at least one cased character and none of the other case.
bool is_all_lower(std::string_view text);
bool is_all_upper(std::string_view text);
bool is_all_title(std::string_view text);

}  // namespace automodel::text::jinja
