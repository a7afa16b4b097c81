#include "text/tokenizer/pre_tokenizer.h"

#include <gmock/gmock.h>

#include "tests/text/tokenizer/small.h"

namespace automodel::text {
namespace {

using ::testing::ElementsAre;

Json split(const Json& pattern, const char* behavior, bool invert = false) {
  return {{"type", "Split"}, {"pattern", pattern}, {"behavior", behavior}, {"invert", invert}};
}

const Json kDash = {{"String", "-"}};

TEST(PreTokenizer, NoneLeavesOnePiece) { EXPECT_THAT(pieces(nullptr, "a b"), ElementsAre("a b")); }

TEST(PreTokenizer, SplitBehaviors) {
  const std::string text = "the-final--countdown";
  EXPECT_THAT(pieces(split(kDash, "Removed"), text), ElementsAre("the", "final", "countdown"));
  EXPECT_THAT(pieces(split(kDash, "Isolated"), text),
              ElementsAre("the", "-", "final", "-", "-", "countdown"));
  EXPECT_THAT(pieces(split(kDash, "MergedWithPrevious"), text),
              ElementsAre("the-", "final-", "-", "countdown"));
  EXPECT_THAT(pieces(split(kDash, "MergedWithNext"), text),
              ElementsAre("the", "-final", "-", "-countdown"));
  EXPECT_THAT(pieces(split(kDash, "Contiguous"), text),
              ElementsAre("the", "-", "final", "--", "countdown"));
}

TEST(PreTokenizer, InvertedSplitKeepsTheMatches) {
  EXPECT_THAT(pieces(split({{"Regex", "[a-z]+"}}, "Removed", true), "ab-c1"),
              ElementsAre("ab", "c"));
}

TEST(PreTokenizer, ByteLevelSplitsAsGpt2) {
  EXPECT_THAT(pieces({{"type", "ByteLevel"}, {"add_prefix_space", false}}, "Hi, it's  12 é!\n\n x"),
              ElementsAre("Hi", ",", " it", "'s", " ", " 12", " é", "!", "\n\n", " x"));
}

TEST(PreTokenizer, BertSplitsAtSpacesAndPunctuation) {
  EXPECT_THAT(pieces({{"type", "BertPreTokenizer"}}, "Hey friend!\u3000How。"),
              ElementsAre("Hey", "friend", "!", "How", "。"));
}

TEST(PreTokenizer, SimpleOnes) {
  EXPECT_THAT(pieces({{"type", "WhitespaceSplit"}}, " a b-c\t"), ElementsAre("a", "b-c"));
  EXPECT_THAT(pieces({{"type", "Whitespace"}}, "it's a-b"),
              ElementsAre("it", "'", "s", "a", "-", "b"));
  EXPECT_THAT(pieces({{"type", "CharDelimiterSplit"}, {"delimiter", "é"}}, "aébéé"),
              ElementsAre("a", "b"));
  EXPECT_THAT(pieces({{"type", "Digits"}, {"individual_digits", true}}, "a12"),
              ElementsAre("a", "1", "2"));
  EXPECT_THAT(pieces({{"type", "Digits"}, {"individual_digits", false}}, "a12b"),
              ElementsAre("a", "12", "b"));
  EXPECT_THAT(pieces({{"type", "Punctuation"}}, "a!?b"), ElementsAre("a", "!", "?", "b"));
  EXPECT_THAT(pieces({{"type", "Punctuation"}, {"behavior", "Contiguous"}}, "a!?b"),
              ElementsAre("a", "!?", "b"));
  EXPECT_THAT(pieces({{"type", "FixedLength"}, {"length", 2}}, "aébcd"),
              ElementsAre("aé", "bc", "d"));
  EXPECT_THAT(pieces({{"type", "UnicodeScripts"}}, " ab漢かー Δ1"),
              ElementsAre("ab", "漢かー ", "Δ", "1"));
}

TEST(PreTokenizer, MetaspaceMarksSpaces) {
  const auto tokens = [](const Json& node, const std::string& text) {
    Json json = piece_tokenizer({{"pre_tokenizer", node}});
    for (const char* token : {"\u2581a", "\u2581b", "a", "\u2581a\u2581b", "a\u2581b"}) {
      json["model"]["vocab"][token] = json["model"]["vocab"].size();
    }
    const Tokenizer tokenizer = make(json);
    std::vector<std::string> names;
    for (const std::int32_t id : tokenizer.encode(text).ids) {
      names.push_back(tokenizer.id_to_token(id).value_or("?"));
    }
    return names;
  };
  Json node = {{"type", "Metaspace"}, {"replacement", "\u2581"}, {"prepend_scheme", "always"}};
  EXPECT_THAT(tokens(node, "a b"), ElementsAre("\u2581a", "\u2581b"));
  node["split"] = false;
  EXPECT_THAT(tokens(node, "a b"), ElementsAre("\u2581a\u2581b"));
  node["prepend_scheme"] = "never";
  EXPECT_THAT(tokens(node, "a b"), ElementsAre("a\u2581b"));
  const Json older = {
      {"type", "Metaspace"}, {"replacement", "\u2581"}, {"add_prefix_space", false}};
  EXPECT_THAT(tokens(older, "a b"), ElementsAre("a", "\u2581b"));
}

TEST(PreTokenizer, MetaspaceFirstMarksOnlyTheStartOfTheText) {
  Json json = piece_tokenizer(
      {{"pre_tokenizer",
        {{"type", "Metaspace"}, {"replacement", "_"}, {"prepend_scheme", "first"}}},
       {"added_tokens", Json::array({{{"id", 1}, {"content", "<s>"}, {"special", true}}})}});
  json["model"]["vocab"]["_a"] = 2;
  json["model"]["vocab"]["a"] = 3;
  EXPECT_THAT(make(json).encode("a<s>a").ids, ElementsAre(2, 1, 3));
}

TEST(PreTokenizer, SequencesRunInOrder) {
  const Json node = {
      {"type", "Sequence"},
      {"pretokenizers", Json::array({{{"type", "WhitespaceSplit"}},
                                     {{"type", "Digits"}, {"individual_digits", true}}})}};
  EXPECT_THAT(pieces(node, "ab 12"), ElementsAre("ab", "1", "2"));
}

TEST(PreTokenizer, BytesMappedBeforeTheEndAreMappedLiterally) {
  // "²" is the bytes C2 B2; the character that stands for B2 is "²" itself, a number.
  const Json node = {
      {"type", "Sequence"},
      {"pretokenizers",
       Json::array({{{"type", "ByteLevel"}, {"add_prefix_space", false}, {"use_regex", false}},
                    {{"type", "Digits"}, {"individual_digits", true}}})}};
  EXPECT_THAT(pieces(node, "²"), ElementsAre("²", "²"));
}

TEST(PreTokenizer, BadOnesAreRefused) {
  const auto unsupported = [](const Json& node) {
    return load_error(ErrorKind::unsupported, piece_tokenizer({{"pre_tokenizer", node}}));
  };
  const auto corrupt = [](const Json& node) {
    return load_error(ErrorKind::corrupt_data, piece_tokenizer({{"pre_tokenizer", node}}));
  };
  EXPECT_THAT(unsupported({{"type", "Nothing"}}),
              ::testing::StartsWith("test.json.pre_tokenizer: a pre-tokenizer of type 'Nothing' is "
                                    "not supported; known are Bert"));
  EXPECT_THAT(unsupported(split(kDash, "Sideways")),
              ::testing::HasSubstr("'Sideways' is not supported; known are Removed"));
  EXPECT_EQ(corrupt(split(Json::object(), "Removed")),
            "test.json.pre_tokenizer.pattern: member 'Regex' is missing");
  EXPECT_EQ(corrupt({{"type", "FixedLength"}, {"length", 0}}),
            "test.json.pre_tokenizer.length: expected a length above 0, found 0");
  EXPECT_EQ(corrupt({{"type", "Metaspace"}, {"replacement", "__"}}),
            "test.json.pre_tokenizer.replacement: expected one character, found \"__\"");
  EXPECT_EQ(corrupt({{"type", "Metaspace"},
                     {"replacement", "_"},
                     {"prepend_scheme", "first"},
                     {"add_prefix_space", false}}),
            "test.json.pre_tokenizer.prepend_scheme: expected 'never', because add_prefix_space is "
            "false, found \"first\"");
}

}  // namespace
}  // namespace automodel::text
