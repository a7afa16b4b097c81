#include "text/tokenizer/bpe.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/known.h"
#include "text/tokenizer/byte_level.h"
#include "text/unicode.h"

namespace automodel::text {
namespace {

BpeOptions read_options(const JsonNode& node) {
  const auto dropout = node.find("dropout");
  check(!dropout || dropout->number() == 0.0, ErrorKind::unsupported,
        "{}: BPE dropout is not supported; set it to null", dropout ? dropout->path() : "");
  BpeOptions options;
  if (const auto unk = node.find("unk_token")) {
    options.unk_token = unk->string();
  }
  options.continuing_subword_prefix = node.string_or("continuing_subword_prefix", "");
  options.end_of_word_suffix = node.string_or("end_of_word_suffix", "");
  options.fuse_unk = node.boolean_or("fuse_unk", false);
  options.byte_fallback = node.boolean_or("byte_fallback", false);
  options.ignore_merges = node.boolean_or("ignore_merges", false);
  return options;
}

std::string byte_token(unsigned byte) { return fmt::format("<0x{:02X}>", byte); }

}  // namespace

/// Collects the first symbols of a word: unknown characters wait until it is clear how far they
/// reach.
struct Bpe::Symbols {
  const Bpe& bpe;
  std::vector<PieceToken> list;
  std::optional<PieceToken> unknown{};

  void add(std::int32_t id, Span span) {
    if (unknown) {
      list.push_back(*unknown);
      unknown.reset();
    }
    list.push_back(
        {id, static_cast<std::uint32_t>(span.begin), static_cast<std::uint32_t>(span.end)});
  }

  /// Spells a character (with the affixes it would have as a token) in bytes, if the vocabulary has
  /// all of them.
  bool add_bytes(std::string_view spelling, Span span) {
    const auto id_of = [&](char byte) { return bpe.byte_ids_[static_cast<unsigned char>(byte)]; };
    if (std::any_of(spelling.begin(), spelling.end(), [&](char byte) { return id_of(byte) < 0; })) {
      return false;
    }
    const auto last = static_cast<std::uint32_t>(span.end - 1);
    auto begin = static_cast<std::uint32_t>(span.begin);
    for (const char byte : spelling) {
      list.push_back({id_of(byte), std::min(begin, last), std::min(begin, last) + 1});
      ++begin;
    }
    return true;
  }

  void add_unknown(Span span) {
    if (!bpe.options_.unk_token) {
      return;
    }
    check(bpe.unk_id_.has_value(), ErrorKind::invalid_argument,
          "the text needs the unknown token '{}', which is not in the vocabulary",
          *bpe.options_.unk_token);
    if (unknown && bpe.options_.fuse_unk) {
      unknown->end = static_cast<std::uint32_t>(span.end);
      return;
    }
    if (unknown) {
      list.push_back(*unknown);
    }
    unknown = {known(bpe.unk_id_), static_cast<std::uint32_t>(span.begin),
               static_cast<std::uint32_t>(span.end)};
  }
};

bool Bpe::can_work_on_bytes(const JsonNode& node) {
  const BpeOptions options = read_options(node);
  return options.continuing_subword_prefix.empty() && options.end_of_word_suffix.empty() &&
         !options.byte_fallback;
}

Bpe::Bpe(const JsonNode& node, bool on_bytes)
    : options_(read_options(node)),
      on_bytes_(on_bytes),
      vocabulary_(Vocabulary::from_json(node.at("vocab"))) {
  read_merges(node.at("merges"));
  merges_ = MergeTable(rules_);
  if (options_.unk_token) {
    unk_id_ = vocabulary_.id(*options_.unk_token);
  }
  index_bytes();
  index_cuts();
}

void Bpe::add_rule(const JsonNode& where, std::string_view left, std::string_view right) {
  const auto known = [&](std::string_view token) {
    const auto id = vocabulary_.id(token);
    check(id.has_value(), ErrorKind::corrupt_data, "{}[{}]: '{}' is not in the vocabulary",
          where.path(), rules_.size(), token);
    return *id;
  };
  const std::int32_t left_id = known(left);
  const std::int32_t right_id = known(right);
  const std::size_t prefix = options_.continuing_subword_prefix.size();
  check(right.size() >= prefix, ErrorKind::corrupt_data, "{}[{}]: '{}' lacks the prefix '{}'",
        where.path(), rules_.size(), right, options_.continuing_subword_prefix);
  rules_.push_back(
      {left_id, right_id, known(std::string(left) + std::string(right.substr(prefix)))});
}

void Bpe::read_merges(const JsonNode& node) {
  if (!node.is_array()) {
    node.wrong("a list of merges");
  }
  options_.merges_as_pairs = false;
  const auto text_of = [](const Json& value) -> const std::string& {
    return value.get_ref<const std::string&>();
  };
  for (const Json& merge : node.value()) {
    if (merge.is_array() && merge.size() == 2 && merge[0].is_string() && merge[1].is_string()) {
      add_rule(node, text_of(merge[0]), text_of(merge[1]));
      options_.merges_as_pairs = true;
      continue;
    }
    const std::string_view text = merge.is_string() ? std::string_view(text_of(merge)) : "";
    const auto space = text.find(' ');
    check(space != std::string_view::npos && text.find(' ', space + 1) == std::string_view::npos,
          ErrorKind::corrupt_data, "{}[{}]: expected two tokens, found {}", node.path(),
          rules_.size(), merge.dump(-1, ' ', false, Json::error_handler_t::replace).substr(0, 60));
    if (!text.starts_with("#version")) {
      add_rule(node, text.substr(0, space), text.substr(space + 1));
    }
  }
}

void Bpe::index_bytes() {
  for (unsigned byte = 0; byte < 256; ++byte) {
    const auto id =
        vocabulary_.id(on_bytes_ ? to_utf8(byte_to_character(static_cast<unsigned char>(byte)))
                                 : byte_token(byte));
    byte_ids_[byte] = id.value_or(-1);
  }
  if (!on_bytes_ || !options_.ignore_merges) {
    return;
  }
  whole_words_.reserve(vocabulary_.size());
  for (std::int32_t id = 0; id < vocabulary_.id_limit(); ++id) {
    const auto token = vocabulary_.token(id);
    if (const auto bytes = token ? from_byte_characters(*token) : std::nullopt) {
      whole_words_.insert(*bytes, id);
    }
  }
}

/// Sentencepiece-style tokenizers see a whole text as one piece, with "▁" for each space. Where no
/// token holds a character and a "▁" behind it, no merge can cross that place, so the text can be
/// cut there.
void Bpe::index_cuts() {
  can_cut_ = !on_bytes_ && options_.continuing_subword_prefix.empty() &&
             options_.end_of_word_suffix.empty() && vocabulary_.id(kSpaceMark).has_value();
  for (std::int32_t id = 0; can_cut_ && id < vocabulary_.id_limit(); ++id) {
    const std::string_view token = vocabulary_.token(id).value_or("");
    for (auto at = token.find(kSpaceMark, 1); at != std::string_view::npos;
         at = token.find(kSpaceMark, at + 1)) {
      joins_mark_.push_back(decode_at(token, previous_start(token, at)).value);
    }
  }
  std::sort(joins_mark_.begin(), joins_mark_.end());
  joins_mark_.erase(std::unique(joins_mark_.begin(), joins_mark_.end()), joins_mark_.end());
}

/// The next place after `from` where the piece can be cut.
std::size_t Bpe::next_cut(std::string_view piece, std::size_t from) const {
  for (auto at = piece.find(kSpaceMark, from + 1); at != std::string_view::npos;
       at = piece.find(kSpaceMark, at + 1)) {
    const std::size_t before = previous_start(piece, at);
    const char32_t c = decode_at(piece, before).value;
    if (vocabulary_.id(piece.substr(before, at - before)) &&
        !std::binary_search(joins_mark_.begin(), joins_mark_.end(), c)) {
      return at;
    }
  }
  return piece.size();
}

std::optional<std::int32_t> Bpe::whole(std::string_view piece) const {
  return on_bytes_ ? whole_words_.find(piece) : vocabulary_.id(piece);
}

/// The token that a character of a piece would be.
std::string Bpe::spelling(std::string_view piece, Span character) const {
  std::string token = character.begin > 0 ? options_.continuing_subword_prefix : std::string();
  token += piece.substr(character.begin, character.end - character.begin);
  token += character.end == piece.size() ? options_.end_of_word_suffix : std::string();
  return token;
}

std::int32_t Bpe::character_id(std::string_view piece, Span character) const {
  if (on_bytes_) {
    return byte_ids_[static_cast<unsigned char>(piece[character.begin])];
  }
  const bool plain =
      options_.continuing_subword_prefix.empty() && options_.end_of_word_suffix.empty();
  return (plain ? vocabulary_.id(piece.substr(character.begin, character.end - character.begin))
                : vocabulary_.id(spelling(piece, character)))
      .value_or(-1);
}

std::vector<PieceToken> Bpe::split(std::string_view piece, std::vector<PieceToken> list) const {
  list.clear();
  Symbols symbols{*this, std::move(list)};
  for (std::size_t at = 0; at < piece.size();) {
    const Span span{at, at + (on_bytes_ ? 1 : decode_at(piece, at).size)};
    const std::int32_t id = character_id(piece, span);
    if (id >= 0) {
      symbols.add(id, span);
    } else if (!options_.byte_fallback || !symbols.add_bytes(spelling(piece, span), span)) {
      symbols.add_unknown(span);
    }
    at = span.end;
  }
  if (symbols.unknown) {
    symbols.list.push_back(*symbols.unknown);
  }
  return std::move(symbols.list);
}

std::span<const PieceToken> Bpe::tokenize_word(std::string_view word, ModelScratch& scratch) const {
  return scratch.seen_or(word,
                         [&] { return merges_.apply(split(word, std::move(scratch.tokens))); });
}

std::span<const PieceToken> Bpe::tokenize(std::string_view piece, ModelScratch& scratch) const {
  if (options_.ignore_merges) {
    if (const auto id = whole(piece)) {
      scratch.tokens.assign(1, {*id, 0, static_cast<std::uint32_t>(piece.size())});
      return scratch.tokens;
    }
  }
  if (!can_cut_ || piece.size() <= kSpaceMark.size()) {
    return tokenize_word(piece, scratch);
  }
  std::vector<PieceToken> all;
  all.reserve(piece.size() / 4 + 1);
  for (std::size_t begin = 0; begin < piece.size();) {
    const std::size_t end = next_cut(piece, begin);
    for (PieceToken token : tokenize_word(piece.substr(begin, end - begin), scratch)) {
      token.begin += static_cast<std::uint32_t>(begin);
      token.end += static_cast<std::uint32_t>(begin);
      all.push_back(token);
    }
    begin = end;
  }
  scratch.tokens = std::move(all);
  return scratch.tokens;
}

Json Bpe::to_json() const {
  const auto text_or_null = [](const std::string& text) {
    return text.empty() ? Json() : Json(text);
  };
  Json merges = Json::array();
  for (const MergeTable::Rule& rule : rules_) {
    const std::string left(known(vocabulary_.token(rule.left)));
    const std::string right(known(vocabulary_.token(rule.right)));
    merges.push_back(options_.merges_as_pairs ? Json::array({left, right})
                                              : Json(fmt::format("{} {}", left, right)));
  }
  return {{"type", "BPE"},
          {"dropout", nullptr},
          {"unk_token", options_.unk_token ? Json(*options_.unk_token) : Json()},
          {"continuing_subword_prefix", text_or_null(options_.continuing_subword_prefix)},
          {"end_of_word_suffix", text_or_null(options_.end_of_word_suffix)},
          {"fuse_unk", options_.fuse_unk},
          {"byte_fallback", options_.byte_fallback},
          {"ignore_merges", options_.ignore_merges},
          {"vocab", vocabulary_.to_json()},
          {"merges", std::move(merges)}};
}

}  // namespace automodel::text
