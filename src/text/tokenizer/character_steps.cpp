#include "text/tokenizer/character_steps.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "text/old_unicode.h"
#include "text/tokenizer/byte_level.h"
#include "text/tokenizer/normal_forms.h"
#include "text/unicode.h"

namespace automodel::text {
namespace {

template <typename Visit>
void for_each_character(std::string_view text, Visit visit) {
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint c = decode_at(text, at);
    visit(c.value, text.substr(at, c.size));
    at += c.size;
  }
}

/// Only the characters for which `keep` holds, each changed by `map`.
template <typename Keep, typename Map>
AlignedText filter(AlignedText text, Keep keep, Map map) {
  std::vector<Edit> edits;
  edits.reserve(text.view().size());
  std::size_t num_dropped = 0;
  bool same = true;
  for_each_character(text.view(), [&](char32_t c, std::string_view) {
    if (keep(c)) {
      same = same && map(c) == c;
      edits.push_back({map(c), 0});
      return;
    }
    same = false;
    if (edits.empty()) {
      ++num_dropped;
    } else {
      --edits.back().change;
    }
  });
  if (!same) {
    text.transform(edits, num_dropped);
  }
  return text;
}

char32_t same(char32_t c) { return c; }

bool is_chinese(char32_t c) {
  return (c >= 0x4E00 && c <= 0x9FFF) || (c >= 0x3400 && c <= 0x4DBF) ||
         (c >= 0x20000 && c <= 0x2A6DF) || (c >= 0x2A700 && c <= 0x2B73F) ||
         (c >= 0x2B740 && c <= 0x2B81F) || (c >= 0x2B920 && c <= 0x2CEAF) ||
         (c >= 0xF900 && c <= 0xFAFF) || (c >= 0x2F800 && c <= 0x2FA1F);
}

AlignedText clean(AlignedText text) {
  return filter(
      std::move(text),
      [](char32_t c) {
        return c == '\t' || c == '\n' || c == '\r' ||
               (c != 0 && c != kReplacement && !old_unicode::is_control_or_format(c));
      },
      [](char32_t c) { return is_white_space(c) ? U' ' : c; });
}

AlignedText separate_chinese(AlignedText text) {
  std::vector<Edit> edits;
  bool any = false;
  for_each_character(text.view(), [&](char32_t c, std::string_view) {
    if (is_chinese(c)) {
      edits.insert(edits.end(), {Edit{U' ', 0}, Edit{c, 1}, Edit{U' ', 1}});
      any = true;
    } else {
      edits.push_back({c, 0});
    }
  });
  if (any) {
    text.transform(edits);
  }
  return text;
}

bool is_nmt_control(char32_t c) {
  return (c >= 0x01 && c <= 0x08) || c == 0x0B || (c >= 0x0E && c <= 0x1F) || c == 0x7F ||
         c == 0x8F || c == 0x9F;
}

bool is_nmt_space(char32_t c) {
  return c == 0x09 || c == 0x0A || c == 0x0C || c == 0x0D || c == 0x1680 ||
         (c >= 0x200B && c <= 0x200F) || c == 0x2028 || c == 0x2029 || c == 0x2581 || c == 0xFEFF ||
         c == kReplacement;
}

}  // namespace

AlignedText clean_for_bert(AlignedText text, const BertCleaning& cleaning) {
  if (cleaning.clean_text) {
    text = clean(std::move(text));
  }
  if (cleaning.handle_chinese_chars) {
    text = separate_chinese(std::move(text));
  }
  if (cleaning.strip_accents) {
    text = filter(
        to_normal_form(std::move(text), kNfd),
        [](char32_t c) { return !old_unicode::is_nonspacing_mark(c); }, same);
  }
  return cleaning.lowercase ? lowercase(std::move(text)) : text;
}

AlignedText lowercase(AlignedText text) {
  std::vector<Edit> edits;
  edits.reserve(text.view().size());
  bool any = false;
  for_each_character(text.view(), [&](char32_t c, std::string_view) {
    int change = 0;
    for (const char32_t lower : lower_case(c)) {
      any = any || lower != c;
      edits.push_back({lower, change});
      change = 1;
    }
  });
  if (any) {
    text.transform(edits);
  }
  return text;
}

AlignedText strip_accents(AlignedText text) {
  return filter(std::move(text), [](char32_t c) { return !old_unicode::is_mark(c); }, same);
}

AlignedText strip(AlignedText text, bool left, bool right) {
  const std::u32string all = to_utf32(text.view());
  const auto begin = left ? std::find_if_not(all.begin(), all.end(), is_white_space) : all.begin();
  const auto end =
      right
          ? std::find_if_not(all.rbegin(), std::make_reverse_iterator(begin), is_white_space).base()
          : all.end();
  if (begin == all.begin() && end == all.end()) {
    return text;
  }
  std::vector<Edit> edits;
  for (auto c = begin; c != end; ++c) {
    edits.push_back({*c, 0});
  }
  text.transform(edits, static_cast<std::size_t>(begin - all.begin()));
  return text;
}

AlignedText clean_for_nmt(AlignedText text) {
  return filter(
      std::move(text), [](char32_t c) { return !is_nmt_control(c); },
      [](char32_t c) { return is_nmt_space(c) ? U' ' : c; });
}

AlignedText to_byte_level(AlignedText text) {
  std::vector<Edit> edits;
  edits.reserve(text.view().size());
  for_each_character(text.view(), [&](char32_t, std::string_view bytes) {
    int change = 0;
    for (const char byte : bytes) {
      edits.push_back({byte_to_character(static_cast<unsigned char>(byte)), change});
      change = 1;
    }
  });
  text.transform(edits);
  return text;
}

}  // namespace automodel::text
