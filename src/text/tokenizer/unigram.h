#pragma once
// The most probable sequence of tokens, as sentencepiece's unigram model finds it.

#include <array>
#include <string>
#include <utility>
#include <vector>

#include "text/tokenizer/model.h"
#include "text/tokenizer/token_trie.h"
#include "text/tokenizer/vocabulary.h"

namespace automodel::text {

class Unigram : public TokenModel {
 public:
  /// "vocab" is a list of [token, log probability]; a token's place is its id.
  explicit Unigram(const JsonNode& node);

  std::span<const PieceToken> tokenize(std::string_view piece,
                                       ModelScratch& scratch) const override;
  std::optional<std::int32_t> id(std::string_view token) const override;
  std::optional<std::string_view> token(std::int32_t id) const override;
  std::int32_t id_limit() const override { return static_cast<std::int32_t>(tokens_.size()); }
  Json to_json() const override;

 private:
  std::vector<PieceToken> best_path(std::string_view piece) const;
  std::vector<PieceToken> split(std::string_view piece) const;
  std::int32_t unknown_id(std::string_view piece) const;

  std::vector<std::pair<std::string, double>> tokens_;
  TokenTrie trie_;
  std::optional<std::int32_t> unk_id_;
  bool byte_fallback_;
  double unk_score_ = 0;
  std::array<std::int32_t, 256> byte_ids_{};
};

}  // namespace automodel::text
