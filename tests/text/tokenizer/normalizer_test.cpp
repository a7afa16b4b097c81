#include "text/tokenizer/normalizer.h"

#include <gmock/gmock.h>

#include "tests/text/tokenizer/small.h"
#include "text/base64.h"
#include "text/tokenizer/precompiled.h"

namespace automodel::text {
namespace {

/// The text after the "normalizer" node, and where each of its bytes came from.
struct Result {
  std::string text;
  std::vector<Origin> origins;
};

Result normalize_by(const Json& node, const std::string& text) {
  RegexScratch scratch;
  const AlignedText result =
      normalize(make_normalizer(JsonNode(node, "n")), AlignedText(text, {0, text.size()}), scratch);
  return {std::string(result.view()), result.origins()};
}

std::string after(const Json& node, const std::string& text) {
  return normalize_by(node, text).text;
}

TEST(Normalizer, NormalForms) {
  EXPECT_EQ(after({{"type", "NFC"}}, "e\u0301 A\u030A \u212B \u1100\u1161\u11A8"), "é Å Å 각");
  EXPECT_EQ(after({{"type", "NFD"}}, "é 각"), "e\u0301 \u1100\u1161\u11A8");
  EXPECT_EQ(after({{"type", "NFKC"}}, "ﬁ ① ２ ㎏ e\u0301"), "fi 1 2 kg é");
  EXPECT_EQ(after({{"type", "NFKD"}}, "ﬁé"), "fie\u0301");
  EXPECT_EQ(after({{"type", "NFC"}}, "q\u0307\u0323"),
            "q\u0323\u0307");  // marks in canonical order
  EXPECT_EQ(after({{"type", "NFC"}}, "\uB194\u11A7 \u1100\u1161\u11A7"),
            "\uB194\u11A7 \uAC00\u11A7");  // no final consonant, though the next ones are
  EXPECT_EQ(after({{"type", "NFC"}}, "中文 Привет éàü 한국어"), "中文 Привет éàü 한국어");
}

TEST(Normalizer, ComposedCharactersStandForTheFirstPart) {
  const Result result = normalize_by({{"type", "NFC"}}, "xe\u0301y");
  EXPECT_EQ(result.text, "xéy");
  EXPECT_EQ(result.origins, (std::vector<Origin>{{0, 1}, {1, 2}, {1, 2}, {4, 5}}));
}

TEST(Normalizer, DecomposedPartsStandForTheWhole) {
  EXPECT_EQ(normalize_by({{"type", "NFD"}}, "é").origins,
            (std::vector<Origin>{{0, 2}, {0, 2}, {0, 2}}));
}

TEST(Normalizer, CaseAndAccents) {
  EXPECT_EQ(after({{"type", "Lowercase"}}, "ÀB İΣ"), "àb i\u0307σ");
  EXPECT_EQ(after({{"type", "StripAccents"}}, "e\u0301é"), "eé");
}

TEST(Normalizer, StripTakesTheChosenEnds) {
  const auto strip = [](bool left, bool right) {
    return after({{"type", "Strip"}, {"strip_left", left}, {"strip_right", right}},
                 "\t\u3000a b \n");
  };
  EXPECT_EQ(strip(true, true), "a b");
  EXPECT_EQ(strip(true, false), "a b \n");
  EXPECT_EQ(strip(false, true), "\t\u3000a b");
  EXPECT_EQ(strip(false, false), "\t\u3000a b \n");
  EXPECT_EQ(after({{"type", "Strip"}, {"strip_left", true}, {"strip_right", true}}, "  "), "");
}

TEST(Normalizer, ReplaceStandsForTheLastCharacter) {
  const Result result = normalize_by(
      {{"type", "Replace"}, {"pattern", {{"String", "ab"}}}, {"content", "é"}}, "xaby");
  EXPECT_EQ(result.text, "xéy");
  EXPECT_EQ(result.origins, (std::vector<Origin>{{0, 1}, {2, 3}, {2, 3}, {3, 4}}));
  EXPECT_EQ(
      after({{"type", "Replace"}, {"pattern", {{"Regex", "\\s+"}}}, {"content", ""}}, "a  b c"),
      "abc");
}

TEST(Normalizer, PrependStandsForTheFirstCharacter) {
  const Result result = normalize_by({{"type", "Prepend"}, {"prepend", "\u2581"}}, "é");
  EXPECT_EQ(result.text, "\u2581é");
  EXPECT_EQ(result.origins, std::vector<Origin>(5, Origin{0, 2}));
  EXPECT_EQ(after({{"type", "Prepend"}, {"prepend", "\u2581"}}, ""), "");
}

TEST(Normalizer, BertCleansInItsOrder) {
  EXPECT_EQ(after({{"type", "BertNormalizer"}}, "H\u00E9\u0001llo\t中国\u200D!"),
            "hello  中  国 !");
  const Json only_clean = {
      {"type", "BertNormalizer"}, {"handle_chinese_chars", false}, {"lowercase", false}};
  EXPECT_EQ(after(only_clean, "É\uFFFD中\n"), "É中 ");
  const Json keep_accents = {{"type", "BertNormalizer"}, {"strip_accents", false}};
  EXPECT_EQ(after(keep_accents, "É"), "é");
}

TEST(Normalizer, NmtAndByteLevel) {
  EXPECT_EQ(after({{"type", "Nmt"}}, "a\u0001\tb\u200Bc\u2581"), "a b c ");
  EXPECT_EQ(after({{"type", "ByteLevel"}}, "é "), "Ã©\u0120");
}

TEST(Normalizer, SequencesRunInOrder) {
  const Json node = {
      {"type", "Sequence"},
      {"normalizers",
       Json::array({{{"type", "NFD"}}, {{"type", "StripAccents"}}, {{"type", "Lowercase"}}})}};
  EXPECT_EQ(after(node, "ÉÀ"), "ea");
  EXPECT_EQ(after({{"type", "Sequence"}, {"normalizers", Json::array()}}, "É"), "É");
}

/// A map of "a" -> "bc": root, the unit of 'a' with a leaf, its value.
std::string small_map() {
  std::string blob;
  const auto put = [&](std::uint32_t value) {
    for (int i = 0; i < 4; ++i) {
      blob += static_cast<char>(value >> (8 * i));
    }
  };
  const std::uint32_t num_units = 512;
  std::vector<std::uint32_t> units(num_units, 0);
  units[0] = 1U << 10;                            // offset 1
  units[1 ^ 'a'] = (2U << 10) | (1U << 8) | 'a';  // label a, leaf at its offset
  units[1 ^ 'a' ^ 2] = 0x80000000U;               // the value 0
  put(num_units * 4);
  for (const std::uint32_t unit : units) {
    put(unit);
  }
  return blob + std::string("bc\0", 3);
}

TEST(Normalizer, PrecompiledReplacesByItsMap) {
  const Json node = {{"type", "Precompiled"}, {"precompiled_charsmap", encode_base64(small_map())}};
  const Result result = normalize_by(node, "xay");
  EXPECT_EQ(result.text, "xbcy");
  EXPECT_EQ(result.origins, (std::vector<Origin>{{0, 1}, {1, 2}, {1, 2}, {2, 3}}));
}

TEST(Normalizer, DamagedMapsAreRefusedOrPointNowhere) {
  const auto corrupt = [](const std::string& text) {
    return error_of(ErrorKind::corrupt_data, [&] {
      const Json node = {{"type", "Precompiled"}, {"precompiled_charsmap", text}};
      make_normalizer(JsonNode(node, "n"));
    });
  };
  EXPECT_EQ(corrupt("?"), "n.precompiled_charsmap: not base64");
  EXPECT_EQ(corrupt("AA=="), "n.precompiled_charsmap: expected at least 4 bytes, found 1");
  EXPECT_EQ(corrupt(encode_base64(small_map().substr(0, 100))),
            "n.precompiled_charsmap: a trie of 2048 bytes in 100 bytes of data");
  EXPECT_EQ(corrupt(encode_base64(small_map() + "\xff")),
            "n.precompiled_charsmap: the replacement texts are not valid UTF-8");
  std::string wild = small_map();
  wild[4 + 4 * (1 ^ 'a' ^ 2)] = '\x7f';  // the replacement starts behind the end
  const Json node = {{"type", "Precompiled"}, {"precompiled_charsmap", encode_base64(wild)}};
  EXPECT_EQ(after(node, "xay"), "xay");
}

TEST(Normalizer, BadOnesAreRefused) {
  EXPECT_THAT(
      load_error(ErrorKind::unsupported, piece_tokenizer({{"normalizer", {{"type", "Rot13"}}}})),
      ::testing::StartsWith(
          "test.json.normalizer: a normalizer of type 'Rot13' is not supported; known are"));
  EXPECT_EQ(
      load_error(ErrorKind::corrupt_data, piece_tokenizer({{"normalizer", {{"type", "Prepend"}}}})),
      "test.json.normalizer: member 'prepend' is missing");
}

}  // namespace
}  // namespace automodel::text
