#pragma once
// Unicode normal forms with alignment.

#include "text/tokenizer/aligned_text.h"

namespace automodel::text {

struct NormalForm {
  bool compatibility;  // NFKC, NFKD
  bool compose;        // NFC, NFKC
};

inline constexpr NormalForm kNfc{false, true};
inline constexpr NormalForm kNfd{false, false};
inline constexpr NormalForm kNfkc{true, true};
inline constexpr NormalForm kNfkd{true, false};

/// `text` in the given form (Unicode Standard Annex 15). Text that is in it already is left as it
/// is, quickly.
AlignedText to_normal_form(AlignedText text, NormalForm form);

}  // namespace automodel::text
