#include <gmock/gmock.h>

#include "tests/text/tokenizer/small.h"

namespace automodel::text {
namespace {

/// Sentencepiece-like: "▁" for spaces, bytes for everything else that is not in the vocabulary.
Tokenizer sentence_piece() {
  Json vocabulary = Json::object();
  for (int byte = 0; byte < 256; ++byte) {
    vocabulary[fmt::format("<0x{:02X}>", byte)] = byte;
  }
  vocabulary["\u2581Hello"] = 256;
  vocabulary["\u2581world"] = 257;
  const Json replace = {{"type", "Replace"}, {"pattern", {{"String", "\u2581"}}}, {"content", " "}};
  const Json strip = {{"type", "Strip"}, {"content", " "}, {"start", 1}, {"stop", 0}};
  return make(
      {{"added_tokens", Json::array({{{"id", 258}, {"content", "</s>"}, {"special", true}}})},
       {"decoder",
        {{"type", "Sequence"},
         {"decoders",
          Json::array({replace, {{"type", "ByteFallback"}}, {{"type", "Fuse"}}, strip})}}},
       {"model",
        {{"type", "BPE"},
         {"vocab", vocabulary},
         {"merges", Json::array()},
         {"byte_fallback", true}}}});
}

std::vector<std::string> stream(const Tokenizer& tokenizer, const std::vector<std::int32_t>& ids) {
  StreamDecoder decoder(tokenizer);
  std::vector<std::string> texts;
  for (const std::int32_t id : ids) {
    texts.push_back(decoder.push(id));
  }
  texts.push_back(decoder.finish());
  return texts;
}

TEST(StreamDecoder, WordsComeOutOneByOne) {
  EXPECT_THAT(stream(sentence_piece(), {256, 257, 257}),
              ::testing::ElementsAre("Hello", " world", " world", ""));
}

TEST(StreamDecoder, SkippedTokensDoNotEatTheNextSpace) {
  EXPECT_THAT(stream(sentence_piece(), {258, 256, 258, 257, 258}),
              ::testing::ElementsAre("", "Hello", "", " world", "", ""));
}

TEST(StreamDecoder, CharactersWaitForTheirBytes) {
  EXPECT_THAT(stream(sentence_piece(), {256, 0xE4, 0xBD, 0xA0, 257}),
              ::testing::ElementsAre("Hello", "", "", "你", " world", ""));
}

TEST(StreamDecoder, UnfinishedCharactersEndAsReplacements) {
  EXPECT_THAT(stream(sentence_piece(), {256, 0xE4, 0xBD}),
              ::testing::ElementsAre("Hello", "", "", "\uFFFD\uFFFD"));
}

TEST(StreamDecoder, StartsAnewAfterFinish) {
  StreamDecoder decoder(sentence_piece());
  EXPECT_EQ(decoder.push(256), "Hello");
  EXPECT_EQ(decoder.finish(), "");
  EXPECT_EQ(decoder.push(257), "world");
}

TEST(StreamDecoder, ACharacterStaysThatAnInvalidByteFollows) {
  EXPECT_THAT(stream(sentence_piece(), {256, 0xC3, 0xA9, 0xFF, 257, 0xC3, 0xA9}),
              ::testing::ElementsAre("Hello", "", "é", "", "\uFFFD world", "", "é", ""));
}

TEST(StreamDecoder, PiecesJoinToTheWholeText) {
  const Tokenizer tokenizer = sentence_piece();
  const std::vector<std::int32_t> ids = {257,  0xF0, 0x9F, 0x98, 0x80, 256, 0xFF,
                                         0x41, 258,  0xC3, 0xA9, 257,  0xC3};
  std::string joined;
  for (const std::string& text : stream(tokenizer, ids)) {
    joined += text;
  }
  EXPECT_EQ(joined, tokenizer.decode(ids, true));
}

}  // namespace
}  // namespace automodel::text
