#include "base/error.h"
#include "base/known.h"
#include "text/gguf/kinds.h"
#include "text/unicode.h"

namespace automodel::text {
namespace {

constexpr std::int32_t kControlType = 3;

/// GGUF marks the tokens that begin a word, WordPiece those that go on with one.
std::string spelled(const std::string& token, bool is_control) {
  if (is_control || (token.starts_with('[') && token.ends_with(']'))) {
    return token;
  }
  return token.starts_with(kSpaceMark) ? token.substr(kSpaceMark.size()) : "##" + token;
}

}  // namespace

GgufParts word_piece_parts(const GgufSource& source) {
  const auto& vocabulary = source.vocabulary;
  check(vocabulary.unk_id.has_value(), ErrorKind::corrupt_data,
        "{}: a WordPiece vocabulary without tokenizer.ggml.unknown_token_id", source.name);
  std::vector<std::string> tokens;
  for (std::size_t i = 0; i < vocabulary.tokens.size(); ++i) {
    const bool is_control =
        !vocabulary.token_types.empty() && vocabulary.token_types[i] == kControlType;
    tokens.push_back(spelled(vocabulary.tokens[i], is_control));
  }
  const bool lowercase = vocabulary.lowercase.value_or(true);
  Json vocab = gguf_vocabulary_json(tokens, source);
  const std::string unknown = tokens[static_cast<std::size_t>(known(vocabulary.unk_id))];
  return {.normalizer = {{"type", "BertNormalizer"},
                         {"clean_text", true},
                         {"handle_chinese_chars", true},
                         {"strip_accents", vocabulary.strip_accents.value_or(lowercase)},
                         {"lowercase", lowercase}},
          .pre_tokenizer = {{"type", "BertPreTokenizer"}},
          .decoder = {{"type", "WordPiece"}, {"prefix", "##"}, {"cleanup", true}},
          .model = {{"type", "WordPiece"},
                    {"unk_token", unknown},
                    {"continuing_subword_prefix", "##"},
                    {"max_input_chars_per_word", 100},
                    {"vocab", std::move(vocab)}},
          .tokens = std::move(tokens),
          .adds_first = true,
          .adds_last = true,
          .first = vocabulary.cls_id ? vocabulary.cls_id : vocabulary.bos_id,
          .last = vocabulary.sep_id ? vocabulary.sep_id : vocabulary.eos_id};
}

}  // namespace automodel::text
