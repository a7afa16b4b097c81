#pragma once
// A text under normalisation that remembers where in the input each of its bytes came from.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "text/tokenizer/regex.h"

namespace automodel::text {

/// A stretch of the input text in bytes.
struct Origin {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
  bool operator==(const Origin&) const = default;
};

/// One character of a text that replaces another, and what it stands for:
/// change 0 replaces the next old character, 1 is new, -n replaces the next one and drops n after
/// it.
struct Edit {
  char32_t character;
  int change;
};

/// Changes follow the rules of Hugging Face's NormalizedString, so that offsets agree with theirs.
/// While nothing was changed it is a view of the input and costs nothing.
class AlignedText {
 public:
  /// The part `section` of `input`, which must outlive this object and be valid UTF-8.
  AlignedText(std::string_view input, Span section);

  std::string_view view() const { return changed_ ? std::string_view(text_) : section_; }
  bool empty() const { return view().empty(); }

  /// Where the bytes `range` of view() came from; whole characters of the input.
  Origin origin(Span range) const;
  /// Where each byte came from.
  std::vector<Origin> origins() const;

  /// A new text with the origin of each of its bytes.
  void assign(std::string text, std::vector<Origin> origins);
  /// The characters of `edits` replace the whole text, less its first `num_dropped` characters.
  void transform(std::span<const Edit> edits, std::size_t num_dropped = 0);
  /// `content` replaces each of `matches` (ascending, without overlap); it stands for a match's
  /// last character.
  void replace(std::span<const Span> matches, std::string_view content);
  /// `prefix` stands for the first character. Nothing happens to an empty text.
  void prepend(std::string_view prefix);

 private:
  Origin origin_of_byte(std::size_t at) const;

  std::string_view section_;
  std::uint32_t shift_;  // of section_ in the input
  bool changed_ = false;
  std::string text_;
  std::vector<Origin> origins_;
};

}  // namespace automodel::text
