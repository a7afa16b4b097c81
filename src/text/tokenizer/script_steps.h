#pragma once
// Splitting where the writing system changes.

#include "text/tokenizer/pre_tokenizer.h"

namespace automodel::text {

/// Pieces of one Unicode script each, as sentencepiece's trainer cuts them: Hiragana, Katakana and
/// the mark U+30FC count as Han; spaces and unassigned characters join the script before them (at
/// the start they vanish).
PreTokenizerStep split_by_script();

}  // namespace automodel::text
