#pragma once
// The "precompiled_charsmap" of sentencepiece: a normalizer as a trie over UTF-8 bytes with
// replacement texts.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "text/tokenizer/aligned_text.h"

namespace automodel::text {

class PrecompiledMap {
 public:
  /// `blob`: the trie's size in bytes (little-endian 32 bits), the trie (32-bit units of a Darts
  /// double array), then the replacement texts, each ended by a zero byte. `where` names it in
  /// errors. Throws Error(corrupt_data).
  PrecompiledMap(std::string_view blob, std::string_view where);

  /// Grapheme by grapheme as Hugging Face does: one shorter than 6 bytes is replaced as a whole if
  /// the map has it, else each of its characters.
  AlignedText apply(AlignedText text) const;

 private:
  /// The replacement for the shortest prefix of `part` that the map has.
  std::optional<std::string_view> lookup(std::string_view part) const;

  std::vector<std::uint32_t> units_;
  std::string replacements_;
};

}  // namespace automodel::text
