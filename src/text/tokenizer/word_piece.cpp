#include "text/tokenizer/word_piece.h"

#include <algorithm>
#include <limits>

#include "base/error.h"
#include "base/known.h"
#include "text/unicode.h"

namespace automodel::text {

WordPiece::WordPiece(const JsonNode& node)
    : vocabulary_(Vocabulary::from_json(node.at("vocab"))),
      unk_token_(node.at("unk_token").string()),
      prefix_(node.at("continuing_subword_prefix").string()),
      max_characters_(
          node.at("max_input_chars_per_word").integer(std::numeric_limits<std::int32_t>::max())) {
  for (std::int32_t id = 0; id < vocabulary_.id_limit(); ++id) {
    longest_token_ = std::max(longest_token_, vocabulary_.token(id).value_or("").size());
  }
}

std::optional<PieceToken> WordPiece::longest(std::string_view piece, std::size_t begin) const {
  const std::string start = begin > 0 ? prefix_ : std::string();
  std::size_t end = std::min(piece.size(), begin + longest_token_);
  while (end > begin && end < piece.size() && is_continuation(piece[end])) {
    --end;
  }
  for (; end > begin; end = previous_start(piece, end)) {
    if (const auto id = vocabulary_.id(start + std::string(piece.substr(begin, end - begin)))) {
      return PieceToken{*id, static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end)};
    }
  }
  return std::nullopt;
}

std::vector<PieceToken> WordPiece::split(std::string_view piece) const {
  std::vector<PieceToken> tokens;
  if (count_characters(piece) <= static_cast<std::size_t>(max_characters_)) {
    std::size_t at = 0;
    while (at < piece.size()) {
      const auto token = longest(piece, at);
      if (!token) {
        break;
      }
      tokens.push_back(*token);
      at = token->end;
    }
    if (at == piece.size()) {
      return tokens;
    }
  }
  const auto unknown = vocabulary_.id(unk_token_);
  check(
      unknown.has_value(), ErrorKind::invalid_argument,
      "the word '{}' cannot be made of tokens, and the unknown token '{}' is not in the vocabulary",
      piece, unk_token_);
  return {{known(unknown), 0, static_cast<std::uint32_t>(piece.size())}};
}

std::span<const PieceToken> WordPiece::tokenize(std::string_view piece,
                                                ModelScratch& scratch) const {
  return scratch.seen_or(piece, [&] { return split(piece); });
}

Json WordPiece::to_json() const {
  return {{"type", "WordPiece"},
          {"unk_token", unk_token_},
          {"continuing_subword_prefix", prefix_},
          {"max_input_chars_per_word", max_characters_},
          {"vocab", vocabulary_.to_json()}};
}

}  // namespace automodel::text
