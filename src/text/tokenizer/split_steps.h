#pragma once
// The simple steps that pre-tokenizers are made of.

#include <functional>

#include "text/tokenizer/pattern.h"
#include "text/tokenizer/pre_tokenizer.h"

namespace automodel::text {

/// Splits pieces at the matches of a pattern.
PreTokenizerStep split_by_pattern(Pattern pattern, SplitBehavior behavior, bool invert);
/// Splits pieces at the characters for which `is_delimiter` holds.
PreTokenizerStep split_by_character(std::function<bool(char32_t)> is_delimiter,
                                    SplitBehavior behavior);
/// Cuts pieces of `length` characters.
PreTokenizerStep split_by_length(std::size_t length);
/// Runs of word characters and runs of other characters; white space is dropped.
PreTokenizerStep split_words();
/// Puts a space before each piece that does not start with one.
PreTokenizerStep prepend_space();

enum class PrependScheme { always, never, first };

/// Replaces spaces by `replacement` and puts one before each piece that lacks it (`first`: only at
/// the start of the input).
PreTokenizerStep replace_spaces(char32_t replacement, PrependScheme scheme);

}  // namespace automodel::text
