#include "text/tokenizer/token_trie.h"

#include <gmock/gmock.h>

#include <map>
#include <random>
#include <string>

namespace automodel::text {
namespace {

TEST(TokenTrie, FindsTheLongestAndAllPrefixes) {
  const std::vector<TokenTrie::Entry> entries = {
      {"ab", 1}, {"a", 2}, {"abcd", 3}, {"b", 4}, {"ab", 5}};
  const TokenTrie trie(entries);
  EXPECT_EQ(trie.longest("xabcx", 1)->value, 1);
  EXPECT_EQ(trie.longest("abcd", 0)->size, 4U);
  EXPECT_FALSE(trie.longest("cab", 0));
  EXPECT_TRUE(trie.starts_with('a') && !trie.starts_with('c'));
  std::vector<std::int32_t> prefixes;
  trie.for_each_prefix("abcd", 0,
                       [&](std::size_t, std::int32_t value) { prefixes.push_back(value); });
  EXPECT_THAT(prefixes, ::testing::ElementsAre(2, 1, 3));
}

TEST(TokenTrie, FindsTheNextPlaceThatHasAnEntry) {
  const std::vector<TokenTrie::Entry> entries = {{"<a>", 1}, {"<a", 2}, {"a>>", 3}};
  const TokenTrie trie(entries);
  const std::string text = "a> <b <a> <a";
  std::vector<std::pair<std::size_t, std::int32_t>> found;
  std::size_t at = 0;
  while (const auto match = trie.next(text, at)) {
    found.emplace_back(at, match->value);
    at += match->size;
  }
  EXPECT_THAT(found, ::testing::ElementsAre(std::pair(6, 1), std::pair(10, 2)));
}

TEST(TokenTrie, MayBeEmpty) {
  EXPECT_TRUE(TokenTrie().empty());
  EXPECT_FALSE(TokenTrie().longest("a", 0));
}

TEST(TokenTrie, AgreesWithAMapOnRandomEntries) {
  std::mt19937 random(1);
  std::map<std::string, std::int32_t> words;
  for (std::int32_t i = 0; i < 500; ++i) {
    std::string word;
    for (auto n = 1 + random() % 5; n > 0; --n) {
      word += static_cast<char>(random() % 4 + 254);  // bytes around the sign change
    }
    words.emplace(word, i);
  }
  std::vector<TokenTrie::Entry> entries;
  for (const auto& [word, value] : words) {
    entries.push_back({word, value});
  }
  const TokenTrie trie(entries);
  for (const auto& [word, value] : words) {
    const auto match = trie.longest(word, 0);
    ASSERT_TRUE(match);
    EXPECT_EQ(match->size, word.size());
    EXPECT_EQ(match->value, value);
  }
}

}  // namespace
}  // namespace automodel::text
