#pragma once
// Properties as Hugging Face's normalizers and BERT pre-tokenizer see them: their tables stopped at
// Unicode 8 and 9.

namespace automodel::text::old_unicode {

/// Categories Mn, Mc, Me as of Unicode 9 (normalizer StripAccents).
bool is_mark(char32_t c);
/// Category Mn as of Unicode 8 (BertNormalizer).
bool is_nonspacing_mark(char32_t c);
/// ASCII punctuation and symbols, or category P as of Unicode 8 (BertPreTokenizer, Punctuation).
bool is_punctuation(char32_t c);
/// Categories Cc, Cf, Co as of Unicode 8 (BertNormalizer).
bool is_control_or_format(char32_t c);
/// False for characters that got their decomposition after Unicode 9 (NFC, NFD, NFKC, NFKD).
bool has_decomposition(char32_t c);
/// False for marks that are newer than Unicode 9: they are not reordered.
bool has_combining_class(char32_t c);

}  // namespace automodel::text::old_unicode
