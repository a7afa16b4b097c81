#include "text/jinja/unicode_case.h"

#include <utf8proc.h>

#include <algorithm>
#include <cstdlib>
#include <memory>

#include "text/jinja/special_case.h"
#include "text/jinja/unicode.h"

namespace automodel::text::jinja {
namespace {

constexpr char32_t kCapitalSigma = 0x3a3;
constexpr char32_t kFinalSigma = 0x3c2;
constexpr char32_t kDottedCapitalI = 0x130;

char32_t simple_upper(char32_t c) {
  return static_cast<char32_t>(utf8proc_toupper(static_cast<utf8proc_int32_t>(c)));
}

char32_t simple_lower(char32_t c) {
  return static_cast<char32_t>(utf8proc_tolower(static_cast<utf8proc_int32_t>(c)));
}

char32_t simple_title(char32_t c) {
  return static_cast<char32_t>(utf8proc_totitle(static_cast<utf8proc_int32_t>(c)));
}

bool is_lower(char32_t c) {
  return utf8proc_category(static_cast<utf8proc_int32_t>(c)) == UTF8PROC_CATEGORY_LL || c == 0xaa ||
         c == 0xba || (c >= 0x2b0 && c <= 0x2b8) || (c >= 0x1d2c && c <= 0x1d6a) ||
         (c >= 0x2170 && c <= 0x217f) || (c >= 0x24d0 && c <= 0x24e9);
}

bool is_upper(char32_t c) {
  return utf8proc_category(static_cast<utf8proc_int32_t>(c)) == UTF8PROC_CATEGORY_LU ||
         (c >= 0x2160 && c <= 0x216f) || (c >= 0x24b6 && c <= 0x24cf);
}

bool is_title(char32_t c) {
  return utf8proc_category(static_cast<utf8proc_int32_t>(c)) == UTF8PROC_CATEGORY_LT;
}

bool is_cased(char32_t c) { return is_lower(c) || is_upper(c) || is_title(c); }

bool is_case_ignorable(char32_t c) {
  switch (utf8proc_category(static_cast<utf8proc_int32_t>(c))) {
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_ME:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_SK:
      return true;
    default:
      return c == '\'' || c == '.' || c == ':' || c == 0xb7 || c == 0x2018 || c == 0x2019;
  }
}

template <typename Table>
void append_special(std::u32string& out, char32_t c, const Table& table, char32_t simple) {
  const auto at = std::ranges::find(table, c, &SpecialCase::from);
  if (c >= 0x80 && at != table.end()) {
    out.append(at->to);
  } else {
    out.push_back(simple);
  }
}

void append_upper(std::u32string& out, char32_t c) {
  append_special(out, c, kSpecialUpper, simple_upper(c));
}

void append_title(std::u32string& out, char32_t c) {
  append_special(out, c, kSpecialTitle, simple_title(c));
}

bool ends_word(const std::u32string& text, std::size_t at) {
  auto before = at;
  while (before > 0 && is_case_ignorable(text[before - 1])) {
    --before;
  }
  if (before == 0 || !is_cased(text[before - 1])) {
    return false;
  }
  auto after = at + 1;
  while (after < text.size() && is_case_ignorable(text[after])) {
    ++after;
  }
  return after == text.size() || !is_cased(text[after]);
}

void append_lower(std::u32string& out, const std::u32string& text, std::size_t at) {
  const char32_t c = text[at];
  if (c == kCapitalSigma && ends_word(text, at)) {
    out.push_back(kFinalSigma);
  } else if (c == kDottedCapitalI) {
    out.append(U"i\u0307");
  } else {
    out.push_back(simple_lower(c));
  }
}

}  // namespace

std::string to_upper(std::string_view text) {
  std::u32string out;
  for (const char32_t c : to_code_points(text)) {
    append_upper(out, c);
  }
  return from_code_points(out);
}

std::string to_lower(std::string_view text) {
  const std::u32string points = to_code_points(text);
  std::u32string out;
  for (std::size_t i = 0; i < points.size(); ++i) {
    append_lower(out, points, i);
  }
  return from_code_points(out);
}

std::string to_title(std::string_view text) {
  const std::u32string points = to_code_points(text);
  std::u32string out;
  bool inside = false;
  for (std::size_t i = 0; i < points.size(); ++i) {
    if (inside) {
      append_lower(out, points, i);
    } else {
      append_title(out, points[i]);
    }
    inside = is_cased(points[i]);
  }
  return from_code_points(out);
}

std::string capitalize(std::string_view text) {
  const std::u32string points = to_code_points(text);
  std::u32string out;
  for (std::size_t i = 0; i < points.size(); ++i) {
    if (i == 0) {
      append_title(out, points[i]);
    } else {
      append_lower(out, points, i);
    }
  }
  return from_code_points(out);
}

std::string swap_case(std::string_view text) {
  const std::u32string points = to_code_points(text);
  std::u32string out;
  for (std::size_t i = 0; i < points.size(); ++i) {
    if (is_upper(points[i])) {
      append_lower(out, points, i);
    } else if (is_lower(points[i])) {
      append_upper(out, points[i]);
    } else {
      out.push_back(points[i]);
    }
  }
  return from_code_points(out);
}

std::string case_fold(std::string_view text) {
  utf8proc_uint8_t* folded = nullptr;
  const auto size =
      utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                   static_cast<utf8proc_ssize_t>(text.size()), &folded, UTF8PROC_CASEFOLD);
  const std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> owner(folded, &std::free);
  if (size < 0) {
    return std::string(text);
  }
  return {reinterpret_cast<const char*>(folded), static_cast<std::size_t>(size)};
}

bool is_all_lower(std::string_view text) {
  const std::u32string points = to_code_points(text);
  return std::ranges::any_of(points, [](char32_t c) { return is_lower(c); }) &&
         std::none_of(points.begin(), points.end(),
                      [](char32_t c) { return is_upper(c) || is_title(c); });
}

bool is_all_upper(std::string_view text) {
  const std::u32string points = to_code_points(text);
  return std::ranges::any_of(points, [](char32_t c) { return is_upper(c); }) &&
         std::none_of(points.begin(), points.end(),
                      [](char32_t c) { return is_lower(c) || is_title(c); });
}

bool is_all_title(std::string_view text) {
  bool cased = false;
  bool inside = false;
  for (const char32_t c : to_code_points(text)) {
    const bool starts = is_upper(c) || is_title(c);
    if ((starts && inside) || (is_lower(c) && !inside)) {
      return false;
    }
    inside = starts || is_lower(c);
    cased = cased || inside;
  }
  return cased;
}

}  // namespace automodel::text::jinja
