#pragma once
// Byte-pair encoding, on the bytes of a piece or on its characters.

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "text/span.h"
#include "text/tokenizer/merges.h"
#include "text/tokenizer/model.h"
#include "text/tokenizer/vocabulary.h"

namespace automodel::text {

struct BpeOptions {
  std::optional<std::string> unk_token;  // without one, characters outside the vocabulary vanish
  std::string continuing_subword_prefix;
  std::string end_of_word_suffix;
  bool fuse_unk = false;
  bool byte_fallback =
      false;  // such characters become "<0x..>" tokens of their bytes, if all of them exist
  bool ignore_merges = false;   // a piece that is a token is not merged from its parts
  bool merges_as_pairs = true;  // in to_json(): ["a", "b"], else "a b"
};

class Bpe : public TokenModel {
 public:
  /// `on_bytes`: pieces are bytes, each of which stands for its character of GPT-2's alphabet in
  /// the vocabulary. Throws Error(corrupt_data) for merges of tokens that do not exist.
  Bpe(const JsonNode& node, bool on_bytes);
  /// False if the settings need the characters themselves.
  static bool can_work_on_bytes(const JsonNode& node);

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
  struct Symbols;

  void read_merges(const JsonNode& node);
  void add_rule(const JsonNode& where, std::string_view left, std::string_view right);
  void index_bytes();
  void index_cuts();
  std::optional<std::int32_t> whole(std::string_view piece) const;
  std::string spelling(std::string_view piece, Span character) const;
  std::int32_t character_id(std::string_view piece, Span character) const;
  std::vector<PieceToken> split(std::string_view piece, std::vector<PieceToken> list) const;
  std::span<const PieceToken> tokenize_word(std::string_view word, ModelScratch& scratch) const;
  std::size_t next_cut(std::string_view piece, std::size_t from) const;

  BpeOptions options_;
  bool on_bytes_;
  Vocabulary vocabulary_;
  std::vector<MergeTable::Rule> rules_;
  MergeTable merges_;
  std::optional<std::int32_t> unk_id_;
  std::array<std::int32_t, 256>
      byte_ids_{};         // of the bytes' characters, or of the tokens "<0x..>"; -1: none
  StringIds whole_words_;  // the vocabulary as bytes, for ignore_merges on bytes
  std::vector<char32_t> joins_mark_;  // sorted: characters that may merge with a "▁" behind them
  bool can_cut_ = false;
};

}  // namespace automodel::text
