#pragma once
// The face of the model kinds: BPE, Unigram, WordPiece, WordLevel.

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "text/tokenizer/json_node.h"
#include "text/tokenizer/word_cache.h"

namespace automodel::text {

/// What one thread needs to tokenize pieces.
struct ModelScratch {
  WordCache cache;
  std::vector<PieceToken> tokens;

  /// The tokens of a word that was seen before, else what `split` makes of it.
  std::span<const PieceToken> seen_or(std::string_view word, const auto& split) {
    if (const auto seen = cache.find(word)) {
      return *seen;
    }
    tokens = split();
    cache.put(word, tokens);
    return tokens;
  }
};

/// Immutable; any number of threads may use it, each with its own scratch.
class TokenModel {
 public:
  virtual ~TokenModel() = default;

  /// The tokens of a piece (valid UTF-8, not empty), in order. The span is valid until the next
  /// call with `scratch`. Throws Error(invalid_argument) for text that the vocabulary cannot
  /// express and that has no unknown token.
  virtual std::span<const PieceToken> tokenize(std::string_view piece,
                                               ModelScratch& scratch) const = 0;
  virtual std::optional<std::int32_t> id(std::string_view token) const = 0;
  virtual std::optional<std::string_view> token(std::int32_t id) const = 0;
  /// The largest id + 1.
  virtual std::int32_t id_limit() const = 0;
  /// The "model" object of tokenizer.json.
  virtual Json to_json() const = 0;
};

/// Reads the "model" object. `on_bytes`: the pieces' bytes stand for the characters of GPT-2's
/// alphabet; the result's second member says whether the model takes that over (only BPE does).
struct LoadedModel {
  std::unique_ptr<const TokenModel> model;
  bool works_on_bytes = false;
};

/// Throws Error(unsupported) for unknown types, Error(corrupt_data) for a vocabulary that does not
/// fit together.
LoadedModel make_model(const JsonNode& node, bool on_bytes);

}  // namespace automodel::text
