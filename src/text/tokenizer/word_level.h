#pragma once
// One token per piece.

#include <string>

#include "text/tokenizer/model.h"
#include "text/tokenizer/vocabulary.h"

namespace automodel::text {

class WordLevel : public TokenModel {
 public:
  explicit WordLevel(const JsonNode& node);

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
  Vocabulary vocabulary_;
  std::string unk_token_;
};

}  // namespace automodel::text
