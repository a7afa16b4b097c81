#include "text/tokenizer/unigram.h"

#include <algorithm>
#include <limits>

#include "base/error.h"
#include "base/known.h"
#include "text/unicode.h"

namespace automodel::text {
namespace {

constexpr double kUnkPenalty = 10.0;  // below the least probable token; the value of sentencepiece

/// The best way to reach a place in the piece.
struct Step {
  double score = 0;
  std::uint32_t begin = 0;
  std::int32_t id = -1;  // -1: not reached yet
};

}  // namespace

Unigram::Unigram(const JsonNode& node) : byte_fallback_(node.boolean_or("byte_fallback", false)) {
  const JsonNode vocab = node.at("vocab");
  if (!vocab.is_array() || vocab.value().size() > static_cast<std::size_t>(kMaxTokenId)) {
    vocab.wrong("a list of tokens and scores");
  }
  double lowest = std::numeric_limits<double>::infinity();
  for (const Json& item : vocab.value()) {
    const bool fits =
        item.is_array() && item.size() == 2 && item[0].is_string() && item[1].is_number();
    check(fits, ErrorKind::corrupt_data, "{}[{}]: expected a token and its score", vocab.path(),
          tokens_.size());
    tokens_.emplace_back(JsonNode(item[0], vocab.path()).string(), item[1].get<double>());
    lowest = std::min(lowest, tokens_.back().second);
  }
  unk_score_ = lowest - kUnkPenalty;
  if (const auto unk = node.find("unk_id")) {
    check(!tokens_.empty(), ErrorKind::corrupt_data, "{}: the vocabulary is empty", vocab.path());
    unk_id_ =
        static_cast<std::int32_t>(unk->integer(static_cast<std::int64_t>(tokens_.size()) - 1));
  }
  std::vector<TokenTrie::Entry> entries;
  for (std::size_t i = tokens_.size(); i-- > 0;) {  // of equal tokens the last counts
    if (!tokens_[i].first.empty()) {
      entries.push_back({tokens_[i].first, static_cast<std::int32_t>(i)});
    }
  }
  trie_ = TokenTrie(entries);
  for (unsigned byte = 0; byte < 256; ++byte) {
    byte_ids_[byte] = id(fmt::format("<0x{:02X}>", byte)).value_or(-1);
  }
}

std::optional<std::int32_t> Unigram::id(std::string_view token) const {
  const auto match = trie_.longest(token, 0);
  return match && match->size == token.size() ? std::optional(match->value) : std::nullopt;
}

std::optional<std::string_view> Unigram::token(std::int32_t id) const {
  if (id < 0 || id >= id_limit()) {
    return std::nullopt;
  }
  return tokens_[static_cast<std::size_t>(id)].first;
}

std::int32_t Unigram::unknown_id(std::string_view piece) const {
  check(
      unk_id_.has_value(), ErrorKind::invalid_argument,
      "'{}' has a character that is not in the vocabulary, and there is no unknown token (unk_id)",
      piece);
  return known(unk_id_);
}

std::vector<PieceToken> Unigram::best_path(std::string_view piece) const {
  std::vector<Step> best(piece.size() + 1);
  for (std::size_t begin = 0; begin < piece.size();) {
    const double score = best[begin].score;
    const std::size_t character = decode_at(piece, begin).size;
    bool has_single = false;
    trie_.for_each_prefix(piece, begin, [&](std::size_t size, std::int32_t id) {
      Step& target = best[begin + size];
      const double candidate = score + tokens_[static_cast<std::size_t>(id)].second;
      if (target.id < 0 || candidate > target.score) {
        target = {candidate, static_cast<std::uint32_t>(begin), id};
      }
      has_single = has_single || size == character;
    });
    if (Step& target = best[begin + character];
        !has_single && (target.id < 0 || score + unk_score_ > target.score)) {
      target = {score + unk_score_, static_cast<std::uint32_t>(begin), unknown_id(piece)};
    }
    begin += character;
  }
  std::vector<PieceToken> path;
  for (auto end = static_cast<std::uint32_t>(piece.size()); end > 0; end = best[end].begin) {
    const bool fuses = !path.empty() && unk_id_ == best[end].id && path.back().id == best[end].id;
    if (fuses) {
      path.back().begin = best[end].begin;
    } else {
      path.push_back({best[end].id, best[end].begin, end});
    }
  }
  std::reverse(path.begin(), path.end());
  return path;
}

/// The best path with unknown stretches spelled in bytes, where the vocabulary has them.
std::vector<PieceToken> Unigram::split(std::string_view piece) const {
  std::vector<PieceToken> tokens;
  for (const PieceToken& token : best_path(piece)) {
    const std::string_view bytes = piece.substr(token.begin, token.end - token.begin);
    const bool unknown = byte_fallback_ && token.id == unk_id_ && !id(bytes);
    const bool spelled = unknown && std::all_of(bytes.begin(), bytes.end(), [&](char byte) {
                           return byte_ids_[static_cast<unsigned char>(byte)] >= 0;
                         });
    if (!spelled) {
      tokens.push_back(token);
      continue;
    }
    for (const char byte : bytes) {
      tokens.push_back({byte_ids_[static_cast<unsigned char>(byte)], token.begin, token.end});
    }
  }
  return tokens;
}

std::span<const PieceToken> Unigram::tokenize(std::string_view piece, ModelScratch& scratch) const {
  return scratch.seen_or(piece, [&] { return split(piece); });
}

Json Unigram::to_json() const {
  Json vocab = Json::array();
  for (const auto& [token, score] : tokens_) {
    vocab.push_back(Json::array({token, score}));
  }
  return {{"type", "Unigram"},
          {"unk_id", unk_id_ ? Json(*unk_id_) : Json()},
          {"vocab", std::move(vocab)},
          {"byte_fallback", byte_fallback_}};
}

}  // namespace automodel::text
