#pragma once
// Vocabulary files of other kinds than tokenizer.json, each turned into one.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "text/tokenizer_files.h"

namespace automodel::text {

struct VocabularyFile {
  std::string name;          // without its folder
  std::string_view content;  // bytes
  std::string source;        // names the file in errors
  const Json& config;        // tokenizer_config.json beside it, or an empty object
};

/// Mistral's tekken.json: ranks, special tokens before them, and the expression that splits words.
/// Source: mistral_common tekken.py; transformers' MistralConverter makes the same tokenizer.
/// Throws Error(corrupt_data).
TokenizerFiles read_tekken(const Json& json, const std::string& source);

/// tiktoken's lines of a token in base64 and its rank. The expression and the special tokens are in
/// no file but in each model's code: formats/ranks.cpp has a table by the file's name or the
/// tokenizer_class of tokenizer_config.json. Without either the expression is Llama 3's and the
/// special tokens are those of added_tokens_decoder, as in transformers' TikTokenConverter.
/// Throws Error(corrupt_data) with the line, Error(unsupported) for folders that bring code of
/// their own which the table does not know.
TokenizerFiles read_ranks(const VocabularyFile& file);

/// True for the beginning of a sentencepiece model, false for lines of text.
bool is_sentencepiece(std::string_view content);
/// A sentencepiece model of the kinds BPE and unigram, as the tokenizer.json that encodes a text as
/// sentencepiece does and finds control and user-defined tokens in it as Hugging Face does.
/// Throws Error(corrupt_data | unsupported).
TokenizerFiles read_sentencepiece(const VocabularyFile& file);

/// GPT-2's vocab.json with the merges.txt beside it. How texts are cut they do not say: the steps
/// of the tokenizer.json are still missing, a class's (class_settings.h) belong there. Throws
/// Error(not_found | corrupt_data).
TokenizerFiles read_vocab_and_merges(const VocabularyFile& file);

/// A token as bytes; its place among others is its rank.
struct RankedToken {
  std::string bytes;
  std::int32_t rank = 0;
};

/// A special token and its id.
struct SpecialToken {
  std::string content;
  std::int32_t id = 0;
};

/// The "model" of a tokenizer.json for tokens in the order of their ranks; a token's id is its rank
/// + `shift`. Two tokens merge if together they are a token, the one of the lowest rank first.
/// Throws Error(corrupt_data) if a byte has no token or a token is there twice.
Json byte_pair_model(std::span<const RankedToken> tokens, std::int32_t shift,
                     const std::string& source);

struct BytePairTokenizer {
  Json model;  // of byte_pair_model
  std::string_view pattern;
  bool nfc = false;
  std::vector<SpecialToken> specials;
};

/// The whole tokenizer.json.
Json byte_pair_tokenizer(BytePairTokenizer parts);

}  // namespace automodel::text
