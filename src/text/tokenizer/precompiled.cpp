#include "text/tokenizer/precompiled.h"

#include <utf8proc.h>

#include <utility>

#include "base/error.h"
#include "text/unicode.h"

namespace automodel::text {
namespace {

std::uint32_t read_u32(std::string_view bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = 4; i-- > 0;) {
    value = (value << 8) | static_cast<unsigned char>(bytes[at + i]);
  }
  return value;
}

/// The fields of a unit of a Darts double array (Yata's darts-clone).
bool has_leaf(std::uint32_t unit) { return ((unit >> 8) & 1) != 0; }
std::uint32_t value_of(std::uint32_t unit) { return unit & 0x7FFFFFFFU; }
std::uint32_t label_of(std::uint32_t unit) { return unit & 0x800000FFU; }
std::uint32_t offset_of(std::uint32_t unit) { return (unit >> 10) << ((unit & 0x200U) >> 6); }

/// The end of the grapheme cluster that starts at byte `at`.
std::size_t grapheme_end(std::string_view text, std::size_t at) {
  utf8proc_int32_t state = 0;
  CodePoint c = decode_at(text, at);
  for (at += c.size; at < text.size(); at += c.size) {
    const CodePoint next = decode_at(text, at);
    if (utf8proc_grapheme_break_stateful(static_cast<utf8proc_int32_t>(c.value),
                                         static_cast<utf8proc_int32_t>(next.value), &state)) {
      break;
    }
    c = next;
  }
  return at;
}

/// `replacement` for `part`: surplus new characters are marked as new, missing ones as dropped
/// behind the last.
std::vector<Edit> replace_part(std::vector<Edit> edits, std::string_view part,
                               std::string_view replacement) {
  const std::u32string characters = to_utf32(replacement);
  const auto difference = static_cast<std::ptrdiff_t>(characters.size()) -
                          static_cast<std::ptrdiff_t>(count_characters(part));
  for (const char32_t c : characters) {
    edits.push_back({c, 0});
  }
  for (std::ptrdiff_t i = 0; i < difference; ++i) {
    edits[edits.size() - 1 - static_cast<std::size_t>(i)].change = 1;
  }
  if (difference < 0 && !edits.empty()) {
    edits.back().change += static_cast<int>(difference);
  }
  return edits;
}

}  // namespace

PrecompiledMap::PrecompiledMap(std::string_view blob, std::string_view where) {
  check(blob.size() >= 4, ErrorKind::corrupt_data, "{}: expected at least 4 bytes, found {}", where,
        blob.size());
  const std::size_t trie_bytes = read_u32(blob, 0) / 4 * std::size_t{4};
  check(trie_bytes >= 4 && trie_bytes <= blob.size() - 4, ErrorKind::corrupt_data,
        "{}: a trie of {} bytes in {} bytes of data", where, trie_bytes, blob.size());
  for (std::size_t at = 4; at < 4 + trie_bytes; at += 4) {
    units_.push_back(read_u32(blob, at));
  }
  replacements_ = blob.substr(4 + trie_bytes);
  check(!find_invalid_utf8(replacements_), ErrorKind::corrupt_data,
        "{}: the replacement texts are not valid UTF-8", where);
}

std::optional<std::string_view> PrecompiledMap::lookup(std::string_view part) const {
  std::size_t at = offset_of(units_[0]);
  for (const char c : part) {
    const auto byte = static_cast<unsigned char>(c);
    at ^= byte;
    if (byte == 0 || at >= units_.size() || label_of(units_[at]) != byte) {
      return std::nullopt;
    }
    const std::uint32_t unit = units_[at];
    at ^= offset_of(unit);
    if (has_leaf(unit)) {
      const std::size_t begin =
          at < units_.size() ? value_of(units_[at]) : replacements_.size() + 1;
      if (begin > replacements_.size() ||
          (begin < replacements_.size() && is_continuation(replacements_[begin]))) {
        return std::nullopt;  // points nowhere: as if the map did not have it
      }
      const std::string_view rest = std::string_view(replacements_).substr(begin);
      return rest.substr(0, rest.find('\0'));
    }
  }
  return std::nullopt;
}

AlignedText PrecompiledMap::apply(AlignedText text) const {
  const std::string_view old = text.view();
  std::vector<Edit> edits;
  edits.reserve(old.size());
  bool any = false;
  const auto replaced = [&](std::string_view part) {
    const auto replacement = lookup(part);
    if (replacement) {
      edits = replace_part(std::move(edits), part, *replacement);
      any = true;
    }
    return replacement.has_value();
  };
  for (std::size_t at = 0; at < old.size();) {
    const std::size_t end = grapheme_end(old, at);
    if (end - at < 6 && replaced(old.substr(at, end - at))) {
      at = end;
      continue;
    }
    while (at < end) {
      const CodePoint c = decode_at(old, at);
      if (!replaced(old.substr(at, c.size))) {
        edits.push_back({c.value, 0});
      }
      at += c.size;
    }
  }
  if (any) {
    text.transform(edits);
  }
  return text;
}

}  // namespace automodel::text
