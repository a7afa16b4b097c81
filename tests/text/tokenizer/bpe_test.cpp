#include "text/tokenizer/bpe.h"

#include <gmock/gmock.h>

#include "tests/text/tokenizer/small.h"

namespace automodel::text {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// A model with the tokens in order and the merges as "left right"; `options` are further members.
Json bpe(const std::vector<std::string>& tokens, const std::vector<std::string>& merges,
         const Json& options = Json::object()) {
  Json vocabulary = Json::object();
  for (const std::string& token : tokens) {
    vocabulary[token] = vocabulary.size();
  }
  Json json = {{"type", "BPE"}, {"vocab", vocabulary}, {"merges", merges}};
  for (const auto& [key, value] : options.items()) {
    json[key] = value;
  }
  return json;
}

std::vector<std::string> bpe_tokens_of(const Json& model, const std::string& text) {
  const Bpe bpe(JsonNode(model, "m"), false);
  ModelScratch scratch;
  std::vector<std::string> names;
  for (const PieceToken& token : bpe.tokenize(text, scratch)) {
    names.emplace_back(*bpe.token(token.id));
  }
  return names;
}

TEST(Bpe, MergesByRankThenFromTheLeft) {
  const Json model = bpe({"a", "b", "c", "ab", "bc", "aa"}, {"b c", "a b", "a a"});
  EXPECT_THAT(bpe_tokens_of(model, "abc"), ElementsAre("a", "bc"));
  EXPECT_THAT(bpe_tokens_of(model, "aaaab"), ElementsAre("aa", "a", "ab"));
}

TEST(Bpe, LongWordsMergeLikeShortOnes) {
  const Json model = bpe({"a", "b", "ab", "aba", "abab", "ba"}, {"a b", "ab ab", "ab a", "b a"});
  std::string text;
  std::vector<std::string> expected;
  for (int i = 0; i < 40; ++i) {
    text += "abab";
    expected.emplace_back("abab");
  }
  EXPECT_EQ(bpe_tokens_of(model, text), expected);
  EXPECT_THAT(bpe_tokens_of(model, text + "a").back(), "a");
}

TEST(Bpe, MergesMayBePairs) {
  Json model = bpe({"a", " ", "a "}, {});
  model["merges"] = Json::array({Json::array({"a", " "})});
  EXPECT_THAT(bpe_tokens_of(model, "a a"), ElementsAre("a ", "a"));
  EXPECT_EQ(Bpe(JsonNode(model, "m"), false).to_json()["merges"], model["merges"]);
}

TEST(Bpe, UnknownCharacters) {
  const std::vector<std::string> tokens = {"<unk>", "a"};
  EXPECT_THAT(bpe_tokens_of(bpe(tokens, {}), "axya"), ElementsAre("a", "a"));
  EXPECT_THAT(bpe_tokens_of(bpe(tokens, {}, {{"unk_token", "<unk>"}}), "axya"),
              ElementsAre("a", "<unk>", "<unk>", "a"));
  EXPECT_THAT(bpe_tokens_of(bpe(tokens, {}, {{"unk_token", "<unk>"}, {"fuse_unk", true}}), "axya"),
              ElementsAre("a", "<unk>", "a"));
  EXPECT_THAT(error_of(ErrorKind::invalid_argument,
                       [&] { bpe_tokens_of(bpe({"a"}, {}, {{"unk_token", "<unk>"}}), "b"); }),
              HasSubstr("needs the unknown token '<unk>'"));
}

TEST(Bpe, BytesStandInForUnknownCharacters) {
  std::vector<std::string> tokens = {"<unk>", "a", "<0xC3>", "<0xA9>"};
  const Json options = {{"unk_token", "<unk>"}, {"byte_fallback", true}};
  EXPECT_THAT(bpe_tokens_of(bpe(tokens, {}, options), "aé"), ElementsAre("a", "<0xC3>", "<0xA9>"));
  tokens.pop_back();
  EXPECT_THAT(bpe_tokens_of(bpe(tokens, {}, options), "aé"), ElementsAre("a", "<unk>"));
}

TEST(Bpe, AffixesBelongToTheTokens) {
  const Json prefixed =
      bpe({"a", "##b", "ab", "##bb"}, {"a ##b", "##b ##b"}, {{"continuing_subword_prefix", "##"}});
  EXPECT_THAT(bpe_tokens_of(prefixed, "abb"), ElementsAre("ab", "##b"));
  const Json suffixed =
      bpe({"a", "b</w>", "ab</w>"}, {"a b</w>"}, {{"end_of_word_suffix", "</w>"}});
  EXPECT_THAT(bpe_tokens_of(suffixed, "aab"), ElementsAre("a", "ab</w>"));
}

TEST(Bpe, WholeWordsMaySkipTheMerges) {
  const std::vector<std::string> tokens = {"a", "b", "c", "bc", "abc"};
  EXPECT_THAT(bpe_tokens_of(bpe(tokens, {"b c"}), "abc"), ElementsAre("a", "bc"));
  EXPECT_THAT(bpe_tokens_of(bpe(tokens, {"b c"}, {{"ignore_merges", true}}), "abc"),
              ElementsAre("abc"));
}

TEST(Bpe, CutsAtMarksOnlyWhereNoTokenCrosses) {
  const std::string mark = "\u2581";
  const Json model = bpe({"a", "b", mark, mark + "a", "b" + mark, "b" + mark + "a", mark + mark},
                         {"b " + mark, mark + " a", "b" + mark + " a", mark + " " + mark});
  EXPECT_THAT(bpe_tokens_of(model, "a" + mark + "a" + mark + "ab" + mark + "a" + mark + mark + "a"),
              ElementsAre("a", mark + "a", mark + "a", "b" + mark + "a", mark, mark + "a"));
}

TEST(Bpe, DamageIsNamed) {
  const auto corrupt = [](const Json& model) {
    return error_of(ErrorKind::corrupt_data, [&] { Bpe(JsonNode(model, "m"), false); });
  };
  EXPECT_EQ(corrupt(bpe({"a", "b"}, {"a b"})), "m.merges[0]: 'ab' is not in the vocabulary");
  EXPECT_EQ(corrupt(bpe({"a", "b"}, {"a x"})), "m.merges[0]: 'x' is not in the vocabulary");
  EXPECT_EQ(corrupt(bpe({"a"}, {"a"})), "m.merges[0]: expected two tokens, found \"a\"");
  EXPECT_EQ(corrupt(bpe({"a"}, {"a a a"})), "m.merges[0]: expected two tokens, found \"a a a\"");
  Json model = bpe({"a"}, {});
  model["merges"] = "a a";
  EXPECT_EQ(corrupt(model), "m.merges: expected a list of merges, found \"a a\"");
  model = bpe({"a"}, {});
  model["vocab"]["b"] = 0;
  EXPECT_EQ(corrupt(model), "m.vocab: id 0 belongs to two tokens, 'b' is one of them");
  model["vocab"]["b"] = 1 << 25;
  EXPECT_THAT(corrupt(model), HasSubstr("of token 'b' is not between 0 and 16777215"));
  model["vocab"]["b"] = "1";
  EXPECT_EQ(corrupt(model), "m.vocab['b']: expected an id, found \"1\"");
  model["vocab"] = Json::array();
  EXPECT_EQ(corrupt(model), "m.vocab: expected an object of tokens and their ids, found array");
  EXPECT_EQ(corrupt(bpe({"a", "##b", "x"}, {"a x"}, {{"continuing_subword_prefix", "##"}})),
            "m.merges[0]: 'x' lacks the prefix '##'");
}

TEST(Bpe, DropoutIsRefused) {
  const Json model = bpe({"a"}, {}, {{"dropout", 0.1}});
  EXPECT_EQ(error_of(ErrorKind::unsupported, [&] { Bpe(JsonNode(model, "m"), false); }),
            "m.dropout: BPE dropout is not supported; set it to null");
  EXPECT_THAT(bpe_tokens_of(bpe({"a"}, {}, {{"dropout", 0.0}}), "a"), ElementsAre("a"));
}

TEST(Bpe, OlderFilesDoNotNameTheType) {
  Json model = bpe({"a", "b", "ab"}, {"a b"});
  model.erase("type");
  EXPECT_THAT(make({{"model", model}}).encode("ab").ids, ElementsAre(2));
}

}  // namespace
}  // namespace automodel::text
