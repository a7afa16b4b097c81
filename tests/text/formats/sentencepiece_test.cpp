#include <gmock/gmock.h>

#include <bit>

#include "tests/text/formats/byte_tokens.h"

namespace automodel::text {
namespace {

using ::testing::ElementsAre;

std::string varint(std::uint64_t value) {
  std::string bytes;
  for (; value > 127; value >>= 7) {
    bytes += static_cast<char>(0x80U | (value & 0x7FU));
  }
  return bytes + static_cast<char>(value);
}

std::string number(unsigned field, std::int64_t value) {
  return varint(field << 3) + varint(static_cast<std::uint64_t>(value));
}

std::string message(unsigned field, const std::string& bytes) {
  return varint((field << 3) | 2) + varint(bytes.size()) + bytes;
}

enum Type { normal = 1, unknown = 2, control = 3, user_defined = 4, unused = 5, byte = 6 };

std::string piece(const std::string& text, float score, Type type = normal) {
  std::string bytes = message(1, text) + varint((2 << 3) | 5);
  const auto bits = std::bit_cast<std::uint32_t>(score);
  for (unsigned shift = 0; shift < 32; shift += 8) {
    bytes += static_cast<char>(bits >> shift);
  }
  return message(1, type == normal ? bytes : bytes + number(3, type));
}

std::string start() {
  return piece("<unk>", 0, unknown) + piece("<s>", 0, control) + piece("</s>", 0, control);
}

TokenizerFiles read(const std::string& content) {
  const Json config = Json::object();
  return read_sentencepiece(
      {.name = "t.model", .content = content, .source = "t.model", .config = config});
}

std::string bpe(const std::string& normalizer = "") {
  return start() + piece("\u2581", -5) + piece("a", -6) + piece("b", -7) + piece("ab", -2) +
         piece("\u2581a", -1) + piece("<x>", 0, user_defined) + message(2, number(3, 2)) +
         message(3, normalizer);
}

TEST(SentencePiece, BpeMergesByScore) {
  const Tokenizer tokenizer = tokenizer_of(read(bpe()));
  EXPECT_THAT(tokenizer.encode("ab").ids, ElementsAre(7, 5));
  EXPECT_THAT(tokenizer.encode("  b   ab ").ids, ElementsAre(3, 5, 7, 5));
  EXPECT_THAT(tokenizer.encode("bxyb").ids, ElementsAre(3, 5, 0, 5));  // unknown ones fuse
  EXPECT_THAT(tokenizer.encode("a</s><x>").ids, ElementsAre(7, 2, 8));
  EXPECT_EQ(tokenizer.decode(tokenizer.encode("a ab").ids), "a ab");
  EXPECT_TRUE(tokenizer.is_special(2));
  EXPECT_FALSE(tokenizer.is_special(8));
}

TEST(SentencePiece, SpacesAreKeptIfTheModelKeepsThem) {
  const Tokenizer tokenizer = tokenizer_of(read(bpe(number(3, 0) + number(4, 0))));
  EXPECT_THAT(tokenizer.encode("b  a ").ids, ElementsAre(5, 3, 7, 3));
  EXPECT_EQ(tokenizer.decode(tokenizer.encode(" a").ids), " a");
}

TEST(SentencePiece, ConfigNamesTheSpecialTokens) {
  const Json config = read(bpe()).tokenizer_config;
  EXPECT_EQ(config["bos_token"], "<s>");
  EXPECT_EQ(config["eos_token"], "</s>");
  EXPECT_EQ(config["unk_token"], "<unk>");
  EXPECT_FALSE(config.contains("pad_token"));
}

TEST(SentencePiece, BytesOfUnknownCharacters) {
  std::string model = start();
  for (int value = 0; value < 256; ++value) {
    model += piece(fmt::format("<0x{:02X}>", value), 0, byte);
  }
  const std::string more = piece("\u2581", -1) + piece("a", -2);
  for (const std::int64_t kind : {1, 2}) {
    const Tokenizer tokenizer =
        tokenizer_of(read(model + more + message(2, number(3, kind) + number(35, 1))));
    EXPECT_THAT(tokenizer.encode("a\u00e9").ids, ElementsAre(259, 260, 3 + 0xC3, 3 + 0xA9));
    EXPECT_EQ(tokenizer.decode(tokenizer.encode("a\u00e9 a").ids), "a\u00e9 a");
  }
}

TEST(SentencePiece, UnigramTakesTheMostProbable) {
  const std::string pieces = start() + piece("\u2581", -3) + piece("\u2581a", -4) + piece("b", -3) +
                             piece("\u2581ab", -5) + piece("a", -4);
  const Tokenizer tokenizer = tokenizer_of(read(pieces));
  EXPECT_THAT(tokenizer.encode("ab aab").ids, ElementsAre(6, 4, 7, 5));
  // A piece that goes over a space: words are not looked at one by one.
  EXPECT_THAT(tokenizer_of(read(pieces + piece("b\u2581a", -1))).encode("ab ab").ids,
              ElementsAre(4, 8, 5));
}

TEST(SentencePiece, OtherKindsAreRefused) {
  const auto unsupported = [](const std::string& more) {
    return error_of(ErrorKind::unsupported, [&] { read(start() + more); });
  };
  EXPECT_EQ(unsupported(message(2, number(3, 4))),
            "t.model: a sentencepiece model of type 4 is not supported; known are unigram (1) and "
            "bpe (2)");
  EXPECT_EQ(unsupported(message(2, number(24, 1))),
            "t.model: treat_whitespace_as_suffix is not supported");
  EXPECT_EQ(unsupported(message(3, number(5, 0))),
            "t.model: a model that does not escape spaces is not supported");
  EXPECT_EQ(unsupported(piece("z", 0, unused) + message(2, number(3, 2))),
            "t.model: unused pieces of a bpe model are not supported");
}

TEST(SentencePiece, DamageIsNamed) {
  const auto corrupt = [](const std::string& content) {
    return error_of(ErrorKind::corrupt_data, [&] { read(content); });
  };
  EXPECT_EQ(corrupt(""), "t.model: it has 0 pieces");
  EXPECT_EQ(corrupt(bpe().substr(0, 29)), "t.model: field 1 has 12 bytes, but only 11 are left");
  EXPECT_EQ(corrupt(start() + piece("", 0)), "t.model: piece 3: the text is empty");
  EXPECT_EQ(corrupt(start() + piece("\xff", 0)), "t.model: piece 3: the text is not valid UTF-8");
  EXPECT_EQ(corrupt(start() + message(1, number(1, 7))),
            "t.model: piece 3: field 1 is not a text or a message");
  EXPECT_EQ(corrupt(start() + message(2, number(40, 9))),
            "t.model: the unknown token 9 is not one of the 3 pieces");
  EXPECT_EQ(corrupt(start() + piece("a", 0) + piece("a", 0) + message(2, number(3, 2))),
            "t.model: pieces: token 'a' is there twice");
}

TEST(SentencePiece, IsToldFromLinesOfText) {
  EXPECT_TRUE(is_sentencepiece(bpe()));
  EXPECT_FALSE(is_sentencepiece("IQ== 0\n"));
  EXPECT_FALSE(is_sentencepiece(""));
}

}  // namespace
}  // namespace automodel::text
