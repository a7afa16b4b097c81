#pragma once
// The parts of a tokenizer, as its file lists them.

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "text/tokenizer.h"
#include "text/tokenizer/added_tokens.h"
#include "text/tokenizer/decoder.h"
#include "text/tokenizer/length_settings.h"
#include "text/tokenizer/model.h"
#include "text/tokenizer/normalizer.h"
#include "text/tokenizer/post_processor.h"
#include "text/tokenizer/pre_tokenizer.h"
#include "text/tokenizer/token_trie.h"
#include "text/tokenizer/workspace_pool.h"

namespace automodel::text {

struct TokenizerParts {
  Json settings;  // the file without "added_tokens" and "model"
  std::vector<AddedToken> added_tokens;
  std::unordered_map<std::int32_t, std::size_t> added_by_id;  // index into added_tokens
  std::unordered_map<std::string, std::int32_t> added_ids;
  std::vector<std::string> added_forms;  // as decoders see them: normalized where the token is
  AddedTokenFinder raw_finder;           // in the text as given
  AddedTokenFinder normalized_finder;    // in the normalized text
  TokenTrie special_texts;               // of the special ones that are looked for
  std::vector<NormalizerStep> normalizer;
  PreTokenizer pre_tokenizer;
  std::unique_ptr<const TokenModel> model;
  PostProcessor post_processor;
  std::vector<DecoderStep> decoder;
  LengthSettings lengths;
  std::int32_t vocab_size = 0;
  bool finds_special = true;         // LoadOptions
  mutable WorkspacePool workspaces;  // caches only; safe to use from many threads
};

/// Reads a whole tokenizer.json. Throws as Tokenizer::from_json.
std::shared_ptr<const TokenizerParts> read_tokenizer(const JsonNode& node, LoadOptions options);

/// Encodes one text with a workspace of its own.
Encoding encode(const TokenizerParts& parts, std::string_view text, EncodeOptions options,
                Workspace& workspace);

}  // namespace automodel::text
