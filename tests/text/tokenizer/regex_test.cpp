#include "text/tokenizer/regex.h"

#include <gmock/gmock.h>

#include "tests/text/tokenizer/small.h"

namespace automodel::text {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// All matches, one after another.
std::vector<std::string> matches(std::string_view pattern, const std::string& text) {
  const Regex regex(pattern);
  RegexScratch scratch;
  std::vector<std::string> found;
  std::size_t from = 0;
  while (const auto match = regex.find(text, from, scratch)) {
    found.push_back(text.substr(match->begin, match->end - match->begin));
    from = match->end > match->begin ? match->end : match->end + 1;
    if (from > text.size()) {
      break;
    }
  }
  return found;
}

std::string unsupported(std::string_view pattern) {
  return error_of(ErrorKind::unsupported, [&] { Regex regex(pattern); });
}

std::string corrupt(std::string_view pattern) {
  return error_of(ErrorKind::corrupt_data, [&] { Regex regex(pattern); });
}

TEST(Regex, WhiteSpaceIsTheUnicodeProperty) {
  EXPECT_THAT(matches(R"(\s)", "a\u0085b\u180Ec\u3000d\u200Be"), ElementsAre("\u0085", "\u3000"));
  EXPECT_THAT(matches(R"([^\s]+)", "a\u0085b c"), ElementsAre("a", "b", "c"));
  EXPECT_THAT(matches(R"([\S]+)", "a\u0085b c"), ElementsAre("a", "b", "c"));
  EXPECT_THAT(matches(R"([^\S\n]+)", "a \t\n b"), ElementsAre(" \t", " "));
}

TEST(Regex, WordsAreLettersMarksDigitsAndConnectors) {
  EXPECT_THAT(matches(R"(\w+)", "a_1 e\u0301 Ⅷ ½x-y"),
              ElementsAre("a_1", "e\u0301", "Ⅷ", "½x", "y"));
  EXPECT_THAT(matches(R"(\bx|x\b)", "xax e\u0301x"), ElementsAre("x", "x", "x"));
  EXPECT_THAT(matches(R"(\d\h\H)", "1Fz ٣aq"), ElementsAre("1Fz", "٣aq"));
}

TEST(Regex, PropertiesInAllSpellings) {
  EXPECT_THAT(matches(R"(\p{Lu}\p{Lowercase_Letter})", "aBc"), ElementsAre("Bc"));
  EXPECT_THAT(matches(R"(\p{^L}+|\P{^Nd}x)", "ab12xc"), ElementsAre("12"));
  EXPECT_THAT(matches(R"(\p{Han}+)", "漢字かな"), ElementsAre("漢字"));
  EXPECT_THAT(matches(R"([[:punct:]]+)", "a!$€b"), ElementsAre("!$€"));
  EXPECT_THAT(matches(R"([[:^space:]]+)", "a b"), ElementsAre("a", "b"));
}

TEST(Regex, KnowsCharactersNewerThanTheLibrary) {
  EXPECT_THAT(matches(R"(\p{S}+)", "a🫨🩷b"), ElementsAre("🫨🩷"));  // Unicode 15
  EXPECT_THAT(matches(R"(\p{L}+)", "\U00010D50\U00010D70."),
              ElementsAre("\U00010D50\U00010D70"));  // Unicode 16
  EXPECT_THAT(matches(R"(\p{Cn}|\p{C})", "🫨\x01"), ElementsAre("\x01"));
}

TEST(Regex, ClassesNestAndIntersect) {
  EXPECT_THAT(matches(R"([\p{L}&&[^\p{Han}a]]+)", "ab漢c"), ElementsAre("b", "c"));
  EXPECT_THAT(matches(R"([^a-z&&[^m]]+)", "amz1"), ElementsAre("m", "1"));
  EXPECT_THAT(matches(R"([ab[0-9]c]+)", "xa1c-"), ElementsAre("a1c"));
  EXPECT_THAT(matches(R"([]a-]+)", "x]a-b"), ElementsAre("]a-"));
  EXPECT_THAT(matches(R"([\u4e2d\x{6587}\x41\n\]\\]+)", "b中文A\n]\\"), ElementsAre("中文A\n]\\"));
}

TEST(Regex, QuantifiersAreOnigurumas) {
  EXPECT_THAT(matches(R"(a{2}+)", "aaaaa"), ElementsAre("aaaa"));        // repeated, not possessive
  EXPECT_THAT(matches(R"(a{2}?b)", "ab aab"), ElementsAre("b", "aab"));  // optional, not lazy
  EXPECT_THAT(matches(R"(a{,2}b)", "aaab"), ElementsAre("aab"));
  EXPECT_THAT(matches(R"(x{a|a{}y)", "x{a a{}y"), ElementsAre("x{a", "a{}y"));
  EXPECT_THAT(matches(R"(a++b|a+?)", "aab aa"), ElementsAre("aab", "a", "a"));
}

TEST(Regex, GroupsAndLookAround) {
  EXPECT_THAT(matches(R"((?i:'s|'LL)|x(?i)AB|C)", "'S 'll xab xc C"),
              ElementsAre("'S", "'ll", "xab", "xc"));
  EXPECT_THAT(matches(R"((?<=a)b|(?<!a)c(?=d)|(?#note)e(?!f))", "ab cd ac ef eg"),
              ElementsAre("b", "c", "e"));
  EXPECT_THAT(matches(R"((?m).+)", "a\nb"), ElementsAre("a\nb"));
  EXPECT_THAT(matches(R"(.+)", "a\nb"), ElementsAre("a", "b"));
  EXPECT_THAT(matches(R"(^\w|\w$)", "ab\ncd"), ElementsAre("a", "b", "c", "d"));
  EXPECT_THAT(matches(R"(\Aa|a\z|(?>a)(?<n>.)\1)", "a abb a"), ElementsAre("a", "abb", "a"));
}

TEST(Regex, UnknownConstructsAreRefused) {
  EXPECT_EQ(unsupported(R"(a\Kb)"),
            R"(regular expression 'a\Kb': the escape \K (before byte 3) is not supported)");
  EXPECT_THAT(unsupported(R"((?s:.))"), HasSubstr("the group (?s"));
  EXPECT_THAT(unsupported(R"([[:alpha:]])"), HasSubstr("the class [:alpha:]"));
  EXPECT_THAT(unsupported(R"(\pL)"), HasSubstr("\\p without braces"));
  EXPECT_THAT(unsupported(R"(\p{L_&1})"), HasSubstr("the property"));
  EXPECT_THAT(unsupported(R"(\xE4)"), HasSubstr("a single byte of a character"));
  EXPECT_THAT(unsupported(std::string(30, '[')), HasSubstr("nesting"));
  EXPECT_THAT(unsupported(std::string(70000, 'a')), HasSubstr("longer than"));
}

TEST(Regex, BrokenOnesAreRefused) {
  EXPECT_EQ(corrupt("a[b"), "regular expression 'a[b': expected ']' at byte 3");
  EXPECT_THAT(corrupt("(a"), HasSubstr("expected ')'"));
  EXPECT_THAT(corrupt("a)"), HasSubstr("expected '('"));
  EXPECT_THAT(corrupt(R"(\p{L)"), HasSubstr("expected '}'"));
  EXPECT_THAT(corrupt("[b-a]"), HasSubstr("a range of characters"));
  EXPECT_THAT(corrupt(R"(\x{110000})"), HasSubstr("a hexadecimal character number"));
  EXPECT_THAT(corrupt("a\\"), HasSubstr("expected more"));
  EXPECT_THAT(corrupt("*a"), HasSubstr("does not compile: quantifier does not follow"));
  EXPECT_THAT(corrupt(R"(\p{NoScript})"), HasSubstr("does not compile: unknown property"));
}

TEST(Regex, CatastrophicBacktrackingEnds) {
  const Regex regex(R"((?:a|aa)+(?:a|aa)+(?:a|aa)+b)");
  RegexScratch scratch;
  const std::string text = std::string(200, 'a') + "cb";
  EXPECT_THAT(error_of(ErrorKind::invalid_argument, [&] { regex.find(text, 0, scratch); }),
              HasSubstr("gave up on a text of 202 bytes: match limit exceeded"));
}

TEST(Regex, LongMatchesWork) {
  const std::string text(1 << 20, ' ');
  EXPECT_THAT(matches(R"(\s*[\r\n]+|\s+(?!\S)|\s+)", text), ElementsAre(text));
  EXPECT_EQ(matches(R"((?:a|b)+)", std::string(100000, 'a')).size(), 1U);
}

}  // namespace
}  // namespace automodel::text
