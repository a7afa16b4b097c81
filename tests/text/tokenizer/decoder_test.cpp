#include "text/tokenizer/decoder.h"

#include <gmock/gmock.h>

#include "tests/text/tokenizer/small.h"

namespace automodel::text {
namespace {

std::string decode(const Json& node, std::vector<std::string> tokens) {
  std::string text;
  for (const DecoderStep& step : make_decoder(JsonNode(node, "d"))) {
    tokens = step(std::move(tokens));
  }
  for (const std::string& token : tokens) {
    text += token;
  }
  return text;
}

TEST(Decoder, NoneJoinsWithSpaces) { EXPECT_EQ(decode(nullptr, {"a", "b"}), "a b"); }

TEST(Decoder, ByteLevelReadsTheAlphabet) {
  EXPECT_EQ(decode({{"type", "ByteLevel"}}, {"\u0120Ã", "©", "<x>"}), " é<x>");
  EXPECT_EQ(decode({{"type", "ByteLevel"}}, {"Ã", "a"}), "\uFFFDa");
  EXPECT_EQ(decode({{"type", "ByteLevel"}}, {"中"}), "中");  // no byte character: as it is
}

TEST(Decoder, ByteFallbackJoinsRunsOfBytes) {
  EXPECT_EQ(decode({{"type", "ByteFallback"}}, {"a", "<0xC3>", "<0xA9>", "b"}), "aéb");
  EXPECT_EQ(decode({{"type", "ByteFallback"}}, {"<0xC3>", "<0xA9>", "<0xC3>"}),
            "\uFFFD\uFFFD\uFFFD");
  EXPECT_EQ(decode({{"type", "ByteFallback"}}, {"<0xZZ>", "<0x4>"}), "<0xZZ><0x4>");
}

TEST(Decoder, Metaspace) {
  Json node = {{"type", "Metaspace"}, {"replacement", "_"}, {"prepend_scheme", "always"}};
  EXPECT_EQ(decode(node, {"_a", "_b_"}), "a b ");
  node["prepend_scheme"] = "never";
  EXPECT_EQ(decode(node, {"_a", "_b"}), " a b");
}

TEST(Decoder, WordPieceJoinsAndCleans) {
  EXPECT_EQ(decode({{"type", "WordPiece"}, {"prefix", "##"}, {"cleanup", true}},
                   {"do", "##n", "'", "t", "go", "."}),
            "don ' t go.");
  EXPECT_EQ(decode({{"type", "WordPiece"}, {"prefix", "##"}, {"cleanup", false}}, {"go", "."}),
            "go .");
}

TEST(Decoder, SimpleOnes) {
  EXPECT_EQ(decode({{"type", "BPEDecoder"}, {"suffix", "</w>"}}, {"a", "b</w>", "c</w>"}), "ab c");
  EXPECT_EQ(
      decode({{"type", "Strip"}, {"content", " "}, {"start", 1}, {"stop", 1}}, {"  a  ", " ", ""}),
      " a ");
  EXPECT_EQ(decode({{"type", "Replace"}, {"pattern", {{"Regex", "[ab]+"}}}, {"content", "-"}},
                   {"xaby", "a"}),
            "x-y-");
  EXPECT_EQ(decode({{"type", "CTC"}, {"pad_token", "<pad>"}, {"word_delimiter_token", "|"}},
                   {"a", "a", "<pad>", "a", "|", "b"}),
            "aa b");
}

TEST(Decoder, SequencesRunInOrder) {
  const Json node = {
      {"type", "Sequence"},
      {"decoders",
       Json::array({{{"type", "Fuse"}},
                    {{"type", "Strip"}, {"content", "a"}, {"start", 1}, {"stop", 0}}})}};
  EXPECT_EQ(decode(node, {"a", "ab"}), "ab");
}

TEST(Decoder, UnknownOnesAreRefused) {
  EXPECT_THAT(
      load_error(ErrorKind::unsupported, piece_tokenizer({{"decoder", {{"type", "Magic"}}}})),
      ::testing::StartsWith(
          "test.json.decoder: a decoder of type 'Magic' is not supported; known are"));
}

}  // namespace
}  // namespace automodel::text
