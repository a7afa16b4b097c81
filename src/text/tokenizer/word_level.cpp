#include "text/tokenizer/word_level.h"

#include "base/error.h"
#include "base/known.h"

namespace automodel::text {

WordLevel::WordLevel(const JsonNode& node)
    : vocabulary_(Vocabulary::from_json(node.at("vocab"))),
      unk_token_(node.at("unk_token").string()) {}

std::span<const PieceToken> WordLevel::tokenize(std::string_view piece,
                                                ModelScratch& scratch) const {
  auto id = vocabulary_.id(piece);
  if (!id) {
    id = vocabulary_.id(unk_token_);
    check(id.has_value(), ErrorKind::invalid_argument,
          "the word '{}' is not in the vocabulary, and neither is the unknown token '{}'", piece,
          unk_token_);
  }
  scratch.tokens.assign(1, {known(id), 0, static_cast<std::uint32_t>(piece.size())});
  return scratch.tokens;
}

Json WordLevel::to_json() const {
  return {{"type", "WordLevel"}, {"vocab", vocabulary_.to_json()}, {"unk_token", unk_token_}};
}

}  // namespace automodel::text
