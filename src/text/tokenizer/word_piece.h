#pragma once
// Greedy longest match from the left, as BERT does it.

#include <string>

#include "text/tokenizer/model.h"
#include "text/tokenizer/vocabulary.h"

namespace automodel::text {

class WordPiece : public TokenModel {
 public:
  explicit WordPiece(const JsonNode& node);

  std::span<const PieceToken> tokenize(std::string_view piece,
                                       ModelScratch& scratch) const override;
  std::optional<std::int32_t> id(std::string_view token) const override {
    return vocabulary_.id(token);
  }
  std::optional<std::string_view> token(std::int32_t id) const override {
    return vocabulary_.token(id);
  }
  std::int32_t id_limit() const override { return vocabulary_.id_limit(); }
  Json to_json() const override;

 private:
  std::vector<PieceToken> split(std::string_view piece) const;
  std::optional<PieceToken> longest(std::string_view piece, std::size_t begin) const;

  Vocabulary vocabulary_;
  std::string unk_token_;
  std::string prefix_;  // of every token of a word but the first
  std::int64_t max_characters_;
  std::size_t longest_token_ = 0;  // in bytes
};

}  // namespace automodel::text
