#pragma once
// Marked texts to tokens with their loss mask.

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "data/mask.h"
#include "data/sample.h"
#include "text/tokenizer.h"

namespace automodel::data {

using IsSpecial = std::function<bool(std::int32_t id)>;

struct TokenMask {
  std::vector<std::uint8_t> learnt;  // one per token
  SampleNotes notes;
};

/// Which tokens of the one encoding of marked.text are learnt. The prompt and its answer are never
/// encoded apart, so the tokens are those that the model sees at inference.
/// - A token belongs where its first byte that is not blank lies; a wholly blank one where it
///   begins. So " Paris" after a prompt that ends in a blank is learnt, and a token that also holds
///   letters of the prompt is not (notes.merged_boundary).
/// - Behind the last special token of an answer blank tokens are not learnt, if the answer says so.
TokenMask mask_tokens(const MarkedText& marked, const text::Encoding& encoding,
                      const IsSpecial& is_special);

/// For each token of the one encoding of marked.text whose turn it belongs to; none if the text has
/// no turns.
std::vector<Role> roles_of(const MarkedText& marked, const text::Encoding& encoding);

/// One document per text. Texts are encoded as they are: a chat template brings its own BOS.
TokenizedSample tokenize(std::span<const MarkedText> texts, const text::Tokenizer& tokenizer);

}  // namespace automodel::data
