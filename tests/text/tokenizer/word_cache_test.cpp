#include "text/tokenizer/word_cache.h"

#include <gmock/gmock.h>

#include <string>

namespace automodel::text {
namespace {

TEST(WordCache, FindsWhatWasPut) {
  WordCache cache;
  EXPECT_FALSE(cache.find("a"));
  const std::vector<PieceToken> tokens = {{7, 0, 1}, {8, 1, 2}};
  cache.put("ab", tokens);
  cache.put("empty", {});
  EXPECT_THAT(*cache.find("ab"), ::testing::ElementsAreArray(tokens));
  EXPECT_TRUE(cache.find("empty")->empty());
  EXPECT_FALSE(cache.find("a"));
}

TEST(WordCache, IgnoresLongWords) {
  WordCache cache;
  const std::string word(WordCache::kMaxWordBytes + 1, 'x');
  cache.put(word, {});
  EXPECT_FALSE(cache.find(word));
}

TEST(WordCache, StaysBoundedAndRight) {
  WordCache cache;
  for (int i = 0; i < 200000; ++i) {
    const std::string word = std::to_string(i);
    const std::vector<PieceToken> tokens = {{i, 0, static_cast<std::uint32_t>(word.size())}};
    cache.put(word, tokens);
    ASSERT_EQ((*cache.find(word))[0].id, i);
  }
  EXPECT_FALSE(cache.find("0"));  // forgotten since
}

}  // namespace
}  // namespace automodel::text
