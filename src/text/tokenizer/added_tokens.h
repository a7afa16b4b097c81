#pragma once
// Finding added tokens in a text.

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "text/tokenizer.h"
#include "text/tokenizer/json_node.h"
#include "text/tokenizer/pre_tokenizer.h"
#include "text/tokenizer/token_trie.h"

namespace automodel::text {

/// Reads "added_tokens", in the order of their ids. Of repeated entries of the same id the last
/// counts. Throws Error(corrupt_data) if two tokens share an id or one token has two.
std::vector<AddedToken> read_added_tokens(const JsonNode& node);
Json to_json(const std::vector<AddedToken>& tokens);

/// Searches for some of the added tokens: leftmost first, of those the longest, without overlap.
class AddedTokenFinder {
 public:
  struct Entry {
    std::string text;  // what to look for: the content, or its normalized form
    AddedToken token;
  };
  AddedTokenFinder() = default;
  explicit AddedTokenFinder(std::vector<Entry> entries);

  bool empty() const { return entries_.empty(); }
  /// `text` as found tokens and the stretches between them; none is empty.
  /// single_word, lstrip and rstrip are applied as Hugging Face does.
  std::vector<Piece> split(std::string_view text) const;

 private:
  std::vector<Entry> entries_;
  TokenTrie trie_;  // values are indices into entries_
};

}  // namespace automodel::text
