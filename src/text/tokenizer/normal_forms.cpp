#include "text/tokenizer/normal_forms.h"

#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "text/old_unicode.h"
#include "text/unicode.h"

namespace automodel::text {
namespace {

constexpr std::size_t kLongestDecomposition = 32;  // the longest in Unicode has 18 characters

int combining_class(char32_t c) {
  return !old_unicode::has_combining_class(c)
             ? 0
             : utf8proc_get_property(static_cast<utf8proc_int32_t>(c))->combining_class;
}

std::u32string decompose(char32_t c, NormalForm form) {
  if (!old_unicode::has_decomposition(c)) {
    return {c};
  }
  std::array<utf8proc_int32_t, kLongestDecomposition> buffer{};
  int boundary = UTF8PROC_BOUNDCLASS_START;
  const auto options = static_cast<utf8proc_option_t>(
      UTF8PROC_DECOMPOSE | (form.compatibility ? UTF8PROC_COMPAT : UTF8PROC_STABLE));
  const auto size =
      utf8proc_decompose_char(static_cast<utf8proc_int32_t>(c), buffer.data(),
                              static_cast<utf8proc_ssize_t>(buffer.size()), options, &boundary);
  if (size < 0 || size > static_cast<utf8proc_ssize_t>(buffer.size())) {
    return {c};
  }
  return {buffer.begin(), buffer.begin() + size};
}

std::optional<char32_t> compose(char32_t a, char32_t b) {
  constexpr char32_t kBeforeFinalJamo = 0x11A7;  // utf8proc 2.8 joins it too, and so loses it
  if (b == kBeforeFinalJamo) {
    return std::nullopt;
  }
  std::array<utf8proc_int32_t, 2> pair{static_cast<utf8proc_int32_t>(a),
                                       static_cast<utf8proc_int32_t>(b)};
  const auto options = static_cast<utf8proc_option_t>(UTF8PROC_COMPOSE | UTF8PROC_STABLE);
  if (utf8proc_normalize_utf32(pair.data(), 2, options) != 1) {
    return std::nullopt;
  }
  return static_cast<char32_t>(pair[0]);
}

/// Characters that no normal form changes and that do not join with what comes before or after
/// them. Only the frequent ones: for others the full algorithm runs, with the same result.
bool is_inert_block(char32_t c) {
  return c < 0xA0 || (c >= 0x3400 && c <= 0x9FFF) ||  // CJK ideographs
         (c >= 0x0430 && c <= 0x0437) ||
         (c >= 0x043A && c <= 0x044F) ||  // Cyrillic without its marks
         (c >= 0x0410 && c <= 0x0417) || (c >= 0x041A && c <= 0x042F) ||
         (c >= 0x1F300 && c <= 0x1FAFF);
}

/// Like is_inert_block, but may be the first of two characters that a composing form joins.
bool is_stable(char32_t c, NormalForm form) {
  if (is_inert_block(c)) {
    return true;
  }
  if (form.compose && c >= 0xAC00 && c <= 0xD7A3) {  // composed Hangul
    return true;
  }
  // Latin letters with accents are composed; ligatures and the like among them have compatibility
  // forms.
  const bool latin = c >= 0xC0 && c <= 0x17F;
  if (form.compose && latin && !(form.compatibility && decompose(c, kNfkd) != decompose(c, kNfd))) {
    return true;
  }
  const bool may_join_back = combining_class(c) != 0 || is_mark(c) || (c >= 0x1100 && c <= 0x11FF);
  return !may_join_back && decompose(c, form) == std::u32string(1, c);
}

bool is_normal(std::string_view text, NormalForm form) {
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint c = decode_at(text, at);
    if (c.value >= 0xA0 && !is_stable(c.value, form)) {
      return false;
    }
    at += c.size;
  }
  return true;
}

struct Decomposed {
  char32_t character;
  int combining_class;
  int change;  // 0 for the first of an old character, 1 for those that come with it
};

std::vector<Decomposed> decompose_all(std::string_view text, NormalForm form) {
  std::vector<Decomposed> all;
  all.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint c = decode_at(text, at);
    int change = 0;
    for (const char32_t part : decompose(c.value, form)) {
      all.push_back({part, combining_class(part), change});
      change = 1;
    }
    at += c.size;
  }
  for (auto begin = all.begin();
       begin != all.end();) {  // marks between two starters in canonical order
    auto end = std::find_if(begin + 1, all.end(),
                            [](const Decomposed& d) { return d.combining_class == 0; });
    const auto marks = begin->combining_class == 0 ? begin + 1 : begin;
    std::stable_sort(marks, end, [](const Decomposed& a, const Decomposed& b) {
      return a.combining_class < b.combining_class;
    });
    begin = end;
  }
  return all;
}

/// Canonical composition. A composed character takes over the changes of its parts.
std::vector<Edit> compose_all(const std::vector<Decomposed>& parts) {
  std::vector<Edit> edits;
  edits.reserve(parts.size());
  std::optional<std::size_t> starter;  // its place in edits
  int last_class = -1;                 // of the mark kept last behind the starter; -1: none
  for (const Decomposed& part : parts) {
    const bool blocked = last_class >= part.combining_class;
    const auto joined =
        starter && !blocked ? compose(edits[*starter].character, part.character) : std::nullopt;
    if (joined) {
      edits[*starter].character = *joined;
      edits[*starter].change += part.change - 1;
      continue;
    }
    if (part.combining_class == 0) {
      starter = edits.size();
      last_class = -1;
    } else if (starter) {
      last_class = part.combining_class;
    }
    edits.push_back({part.character, part.change});
  }
  return edits;
}

}  // namespace

AlignedText to_normal_form(AlignedText text, NormalForm form) {
  if (is_normal(text.view(), form)) {
    return text;
  }
  const std::vector<Decomposed> parts = decompose_all(text.view(), form);
  if (form.compose) {
    text.transform(compose_all(parts));
    return text;
  }
  std::vector<Edit> edits;
  edits.reserve(parts.size());
  for (const Decomposed& part : parts) {
    edits.push_back({part.character, part.change});
  }
  text.transform(edits);
  return text;
}

}  // namespace automodel::text
