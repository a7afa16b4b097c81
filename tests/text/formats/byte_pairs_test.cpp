#include <gmock/gmock.h>

#include "tests/text/formats/byte_tokens.h"

namespace automodel::text {
namespace {

using ::testing::ElementsAre;

Json model_of(std::initializer_list<std::string> more, std::int32_t shift = 0) {
  std::vector<RankedToken> tokens;
  for (const std::string& bytes : byte_tokens(more)) {
    tokens.push_back({bytes, static_cast<std::int32_t>(tokens.size())});
  }
  return byte_pair_model(tokens, shift, "t");
}

TEST(BytePairs, EveryPairThatMakesATokenMergesToIt) {
  const Json model = model_of({"aa", "aaa"});
  EXPECT_EQ(model["merges"], (Json::array({{"a", "a"}, {"a", "aa"}, {"aa", "a"}})));
  EXPECT_EQ(model["ignore_merges"], true);
  EXPECT_EQ(model["vocab"]["aaa"], 257);
  EXPECT_EQ(model_of({"ab"}, 1000)["vocab"]["ab"], 1256);
  EXPECT_EQ(model["vocab"]["\u0120"], 32);  // bytes in GPT-2's alphabet
}

TEST(BytePairs, TheWholeTokenizer) {
  const Json json = byte_pair_tokenizer(
      {.model = model_of({"ab"}), .pattern = "[a-z]+|.", .nfc = true, .specials = {{"<s>", 300}}});
  const Tokenizer tokenizer = make(json);
  EXPECT_THAT(tokenizer.encode("<s>ab A\u030a").ids, ElementsAre(300, 256, ' ', 0xC3, 0x85));
  EXPECT_EQ(tokenizer.decode(tokenizer.encode("<s>ab").ids, true), "ab");
}

}  // namespace
}  // namespace automodel::text
