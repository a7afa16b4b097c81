#pragma once
// Cutting the normalized text into the pieces ("words") that the model sees one by one.

#include <cstdint>
#include <functional>
#include <vector>

#include "text/tokenizer/aligned_text.h"
#include "text/tokenizer/json_node.h"
#include "text/tokenizer/regex.h"

namespace automodel::text {

/// A stretch of the text: still to be tokenized, or an added token that was found there.
struct Piece {
  Span span;
  std::int32_t token = -1;  // the added token's id
};

struct PreTokenized {
  AlignedText text;
  std::vector<Piece> pieces;  // ascending, never empty ones
};

using PreTokenizerStep = std::function<PreTokenized(PreTokenized, RegexScratch&)>;

/// The "pre_tokenizer" of a tokenizer.json with its sequences flattened to simple steps.
struct PreTokenizer {
  std::vector<PreTokenizerStep> steps;
  /// After the steps each byte stands for its character of GPT-2's alphabet (byte_level.h). It is
  /// left to the model, which can work on the bytes themselves; map_bytes() does it literally.
  bool maps_bytes = false;
};

/// No pre-tokenizer (null) leaves the text in one piece.
/// Throws Error(unsupported) for unknown types, Error(corrupt_data) for wrong members.
PreTokenizer make_pre_tokenizer(const JsonNode& node);

/// Replaces each byte by its character of GPT-2's alphabet.
PreTokenized map_bytes(PreTokenized input);

}  // namespace automodel::text
