#pragma once
// Normalizers that go through the text character by character.

#include "text/tokenizer/aligned_text.h"

namespace automodel::text {

/// What BertNormalizer does, in this order.
struct BertCleaning {
  bool clean_text = true;            // drop control characters, white space becomes a space
  bool handle_chinese_chars = true;  // spaces around CJK ideographs
  bool strip_accents = true;         // NFD without nonspacing marks
  bool lowercase = true;
};

AlignedText clean_for_bert(AlignedText text, const BertCleaning& cleaning);
AlignedText lowercase(AlignedText text);
/// Without characters of category M.
AlignedText strip_accents(AlignedText text);
/// Without white space at the chosen ends.
AlignedText strip(AlignedText text, bool left, bool right);
/// The "nmt" rules of sentencepiece: no control characters, exotic spaces become a space.
AlignedText clean_for_nmt(AlignedText text);
/// Each byte as its character of GPT-2's alphabet.
AlignedText to_byte_level(AlignedText text);

}  // namespace automodel::text
