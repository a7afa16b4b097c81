#include "text/tokenizer/added_tokens.h"

#include <algorithm>
#include <map>
#include <utility>

#include "base/error.h"
#include "text/tokenizer/vocabulary.h"
#include "text/unicode.h"

namespace automodel::text {
namespace {

AddedToken read_added_token(const JsonNode& node) {
  return {node.at("content").string(),
          static_cast<std::int32_t>(node.at("id").integer(kMaxTokenId)),
          node.boolean_or("special", false),
          node.boolean_or("single_word", false),
          node.boolean_or("lstrip", false),
          node.boolean_or("rstrip", false),
          node.boolean_or("normalized", false)};
}

bool word_ends_at(std::string_view text, std::size_t at) {
  return at > 0 && is_word(decode_at(text, previous_start(text, at)).value);
}

bool word_starts_at(std::string_view text, std::size_t at) {
  return at < text.size() && is_word(decode_at(text, at).value);
}

std::size_t space_before(std::string_view text, std::size_t at) {
  while (at > 0 && is_white_space(decode_at(text, previous_start(text, at)).value)) {
    at = previous_start(text, at);
  }
  return at;
}

std::size_t space_after(std::string_view text, std::size_t at) {
  while (at < text.size() && is_white_space(decode_at(text, at).value)) {
    at += decode_at(text, at).size;
  }
  return at;
}

}  // namespace

std::vector<AddedToken> read_added_tokens(const JsonNode& node) {
  std::map<std::int32_t, AddedToken> by_id;
  std::unordered_map<std::string, std::int32_t> ids;
  for (const JsonNode& element : node.elements()) {
    AddedToken token = read_added_token(element);
    if (token.content.empty()) {
      continue;  // as Hugging Face does
    }
    const auto same_id = by_id.find(token.id);
    check(same_id == by_id.end() || same_id->second.content == token.content,
          ErrorKind::corrupt_data, "{}: id {} belongs to both '{}' and '{}'", element.path(),
          token.id, same_id == by_id.end() ? "" : same_id->second.content, token.content);
    const auto [same_text, is_new] = ids.emplace(token.content, token.id);
    check(is_new || same_text->second == token.id, ErrorKind::corrupt_data,
          "{}: the token '{}' has the ids {} and {}", element.path(), token.content,
          same_text->second, token.id);
    by_id[token.id] = std::move(token);
  }
  std::vector<AddedToken> tokens;
  for (auto& [id, token] : by_id) {
    tokens.push_back(std::move(token));
  }
  return tokens;
}

Json to_json(const std::vector<AddedToken>& tokens) {
  Json list = Json::array();
  for (const AddedToken& token : tokens) {
    list.push_back({{"id", token.id},
                    {"content", token.content},
                    {"single_word", token.single_word},
                    {"lstrip", token.lstrip},
                    {"rstrip", token.rstrip},
                    {"normalized", token.normalized},
                    {"special", token.special}});
  }
  return list;
}

AddedTokenFinder::AddedTokenFinder(std::vector<Entry> entries) : entries_(std::move(entries)) {
  std::vector<TokenTrie::Entry> keys;
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    if (!entries_[i].text.empty()) {
      keys.push_back({entries_[i].text, static_cast<std::int32_t>(i)});
    }
  }
  trie_ = TokenTrie(keys);
}

std::vector<Piece> AddedTokenFinder::split(std::string_view text) const {
  std::vector<Piece> pieces;
  std::size_t done = 0;
  std::size_t at = 0;
  while (const auto match = empty() ? std::nullopt : trie_.next(text, at)) {
    const AddedToken& token = entries_[static_cast<std::size_t>(match->value)].token;
    std::size_t begin = at;
    std::size_t end = at + match->size;
    at = end;
    if (token.single_word && (word_ends_at(text, begin) || word_starts_at(text, end))) {
      continue;
    }
    begin = token.lstrip ? std::max(space_before(text, begin), done) : begin;
    end = token.rstrip ? space_after(text, end) : end;
    if (done < begin) {
      pieces.push_back({{done, begin}, -1});
    }
    if (begin < end) {  // else the white space taken by the token before covers it
      pieces.push_back({{begin, end}, token.id});
    }
    done = std::max(begin, end);  // may lie inside that white space: the rest of it comes again
  }
  if (done < text.size()) {
    pieces.push_back({{done, text.size()}, -1});
  }
  return pieces;
}

}  // namespace automodel::text
