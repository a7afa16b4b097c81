#include "text/tokenizer/added_tokens.h"

#include <gmock/gmock.h>

#include "tests/text/tokenizer/small.h"

namespace automodel::text {
namespace {

using ::testing::ElementsAre;

/// The pieces as "text" or "text=id".
std::vector<std::string> found(const std::vector<AddedToken>& tokens, const std::string& text) {
  std::vector<AddedTokenFinder::Entry> entries;
  for (const AddedToken& token : tokens) {
    entries.push_back({token.content, token});
  }
  std::vector<std::string> result;
  for (const Piece& piece : AddedTokenFinder(entries).split(text)) {
    const std::string part = text.substr(piece.span.begin, piece.span.end - piece.span.begin);
    result.push_back(piece.token < 0 ? part : fmt::format("{}={}", part, piece.token));
  }
  return result;
}

TEST(AddedTokens, TheLeftmostLongestIsFound) {
  const std::vector<AddedToken> tokens = {{"<a>", 1}, {"<a>b", 2}, {"a>bc", 3}};
  EXPECT_THAT(found(tokens, "x<a>bc<a>"), ElementsAre("x", "<a>b=2", "c", "<a>=1"));
  EXPECT_THAT(found(tokens, "<<a>"), ElementsAre("<", "<a>=1"));
  EXPECT_THAT(found(tokens, ""), ElementsAre());
  EXPECT_THAT(found({}, "abc"), ElementsAre("abc"));
}

TEST(AddedTokens, SingleWordsTouchNoWord) {
  const std::vector<AddedToken> tokens = {{.content = "ab", .id = 1, .single_word = true}};
  EXPECT_THAT(found(tokens, "ab"), ElementsAre("ab=1"));
  EXPECT_THAT(found(tokens, "-ab-"), ElementsAre("-", "ab=1", "-"));
  EXPECT_THAT(found(tokens, "éab"), ElementsAre("éab"));
  EXPECT_THAT(found(tokens, "ab_"), ElementsAre("ab_"));
}

TEST(AddedTokens, StripTakesWhiteSpaceAlong) {
  EXPECT_THAT(found({{.content = "x", .id = 1, .lstrip = true}}, "a \u3000x b"),
              ElementsAre("a", " \u3000x=1", " b"));
  EXPECT_THAT(found({{.content = "x", .id = 1, .rstrip = true}}, "a x \n b"),
              ElementsAre("a ", "x \n =1", "b"));
  const std::vector<AddedToken> both = {{.content = "x", .id = 1, .lstrip = true, .rstrip = true}};
  EXPECT_THAT(found(both, "x  x"), ElementsAre("x  =1", "x=1"));
}

TEST(AddedTokens, NothingIsLeftOfAMatchInsideStrippedSpace) {
  const std::vector<AddedToken> tokens = {
      {.content = "\n", .id = 1, .lstrip = true, .rstrip = true}};
  EXPECT_THAT(found(tokens, "a\n\nb"), ElementsAre("a", "\n\n=1", "b"));
}

TEST(AddedTokens, BehindAMatchInsideStrippedSpaceTheTextGoesOnFromThatMatch) {
  const AddedToken stripping = {.content = "X", .id = 1, .rstrip = true};
  EXPECT_THAT(found({stripping, {.content = "\n", .id = 2}}, "X\t\n\u3000b"),
              ElementsAre("X\t\n\u3000=1", "\n=2", "\u3000b"));
  EXPECT_THAT(found({stripping, {.content = "\n", .id = 2}}, "X\n\n"),
              ElementsAre("X\n\n=1", "\n=2", "\n=2"));
  EXPECT_THAT(found({stripping, {.content = "\n", .id = 2, .rstrip = true}}, "X\n \n b"),
              ElementsAre("X\n \n =1", "\n \n =2", "\n =2", "b"));
  // Hugging Face's tokenizers give up here; the white space stays with the first token.
  EXPECT_THAT(found({stripping, {.content = "\n", .id = 2, .lstrip = true}}, "X\n\tb"),
              ElementsAre("X\n\t=1", "b"));
}

TEST(AddedTokens, NormalizedTokensAreSearchedInTheNormalizedText) {
  Json json = piece_tokenizer({{"normalizer", {{"type", "Lowercase"}}}});
  json["added_tokens"] = Json::array({{{"id", 1}, {"content", "ABC"}, {"normalized", true}},
                                      {{"id", 2}, {"content", "DEF"}, {"normalized", false}}});
  const Tokenizer tokenizer = make(json);
  EXPECT_THAT(tokenizer.encode("abc").ids, ElementsAre(1));
  EXPECT_THAT(tokenizer.encode("AbC").ids, ElementsAre(1));
  EXPECT_THAT(tokenizer.encode("def").ids, ElementsAre(0));
  EXPECT_THAT(tokenizer.encode("DEF").ids, ElementsAre(2));
  EXPECT_EQ(tokenizer.decode(std::vector<std::int32_t>{1, 2}), "abc DEF");
}

TEST(AddedTokens, AreReadInOrderOfIds) {
  const Json json = Json::parse(
      R"([{"id": 9, "content": "b", "special": true}, {"id": 3, "content": "a"}, {"id": 4, "content": ""},
                                    {"id": 9, "content": "b", "special": false}])");
  const auto tokens = read_added_tokens(JsonNode(json, "t"));
  ASSERT_EQ(tokens.size(), 2U);
  EXPECT_EQ(tokens[0].content, "a");
  EXPECT_EQ(tokens[1], (AddedToken{.content = "b", .id = 9}));
}

TEST(AddedTokens, ClashesAreRefused) {
  const auto corrupt = [](const char* text) {
    const Json json = Json::parse(text);
    return error_of(ErrorKind::corrupt_data, [&] { read_added_tokens(JsonNode(json, "t")); });
  };
  EXPECT_EQ(corrupt(R"([{"id": 1, "content": "a"}, {"id": 1, "content": "b"}])"),
            "t[1]: id 1 belongs to both 'a' and 'b'");
  EXPECT_EQ(corrupt(R"([{"id": 1, "content": "a"}, {"id": 2, "content": "a"}])"),
            "t[1]: the token 'a' has the ids 1 and 2");
  EXPECT_EQ(corrupt(R"([{"id": -1, "content": "a"}])"),
            "t[0].id: expected an integer from 0 to 16777215, found -1");
}

}  // namespace
}  // namespace automodel::text
