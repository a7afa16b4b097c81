// WordLevel, WordPiece and Unigram.

#include <gmock/gmock.h>

#include "tests/text/tokenizer/small.h"

namespace automodel::text {
namespace {

using ::testing::ElementsAre;

std::vector<std::string> tokens_of(const Json& model, const std::string& text) {
  const Tokenizer tokenizer = make({{"model", model}});
  std::vector<std::string> names;
  for (const std::int32_t id : tokenizer.encode(text).ids) {
    names.push_back(tokenizer.id_to_token(id).value_or("?"));
  }
  return names;
}

TEST(WordLevel, KnowsWordsOrNot) {
  Json model = {
      {"type", "WordLevel"}, {"vocab", {{"a b", 0}, {"[UNK]", 1}}}, {"unk_token", "[UNK]"}};
  EXPECT_THAT(tokens_of(model, "a b"), ElementsAre("a b"));
  EXPECT_THAT(tokens_of(model, "c"), ElementsAre("[UNK]"));
  EXPECT_EQ(make({{"model", model}}).to_json()["model"], model);
  model["unk_token"] = "[X]";
  EXPECT_EQ(error_of(ErrorKind::invalid_argument, [&] { tokens_of(model, "c"); }),
            "the word 'c' is not in the vocabulary, and neither is the unknown token '[X]'");
}

Json word_piece() {
  return {{"type", "WordPiece"},
          {"unk_token", "[UNK]"},
          {"continuing_subword_prefix", "##"},
          {"max_input_chars_per_word", 6},
          {"vocab", {{"[UNK]", 0}, {"un", 1}, {"##aff", 2}, {"##able", 3}, {"é", 4}, {"##é", 5}}}};
}

TEST(WordPiece, TakesTheLongestFromTheLeft) {
  EXPECT_THAT(tokens_of(word_piece(), "unaff"), ElementsAre("un", "##aff"));
  EXPECT_THAT(tokens_of(word_piece(), "éé"), ElementsAre("é", "##é"));
  EXPECT_THAT(tokens_of(word_piece(), "unx"), ElementsAre("[UNK]"));
  EXPECT_THAT(tokens_of(word_piece(), "unaffé"), ElementsAre("un", "##aff", "##é"));
  EXPECT_THAT(tokens_of(word_piece(), "unaffun"), ElementsAre("[UNK]"));  // 7 characters
  EXPECT_EQ(make({{"model", word_piece()}}).to_json()["model"], word_piece());
}

TEST(WordPiece, NeedsItsUnknownToken) {
  Json model = word_piece();
  model["unk_token"] = "[X]";
  EXPECT_THAT(error_of(ErrorKind::invalid_argument, [&] { tokens_of(model, "zz"); }),
              ::testing::HasSubstr("the unknown token '[X]' is not in the vocabulary"));
}

Json unigram() {
  return {{"type", "Unigram"},
          {"unk_id", 0},
          {"vocab",
           Json::array({Json::array({"<unk>", 0.0}), Json::array({"a", 0.0}),
                        Json::array({"b", 0.0}), Json::array({"c", 0.0}), Json::array({"d", 0.0}),
                        Json::array({"cd", 1.0}), Json::array({"ab", 2.0}),
                        Json::array({"abc", 5.0}), Json::array({"abcd", 10.0})})},
          {"byte_fallback", false}};
}

TEST(Unigram, FindsTheMostProbablePath) {
  EXPECT_THAT(tokens_of(unigram(), "abcdacdxx"), ElementsAre("abcd", "a", "cd", "<unk>"));
  EXPECT_EQ(make({{"model", unigram()}}).to_json()["model"], unigram());
}

TEST(Unigram, BytesStandInForUnknownStretches) {
  Json model = unigram();
  model["byte_fallback"] = true;
  EXPECT_THAT(tokens_of(model, "aé"), ElementsAre("a", "<unk>"));
  model["vocab"].push_back(Json::array({"<0xC3>", -5.0}));
  model["vocab"].push_back(Json::array({"<0xA9>", -5.0}));
  EXPECT_THAT(tokens_of(model, "aé"), ElementsAre("a", "<0xC3>", "<0xA9>"));
}

TEST(Unigram, DamageIsNamed) {
  Json model = unigram();
  model["unk_id"] = 9;
  EXPECT_EQ(load_error(ErrorKind::corrupt_data, {{"model", model}}),
            "test.json.model.unk_id: expected an integer from 0 to 8, found 9");
  model = unigram();
  model["vocab"].push_back("x");
  EXPECT_EQ(load_error(ErrorKind::corrupt_data, {{"model", model}}),
            "test.json.model.vocab[9]: expected a token and its score");
  model["vocab"] = Json::object();
  EXPECT_EQ(load_error(ErrorKind::corrupt_data, {{"model", model}}),
            "test.json.model.vocab: expected a list of tokens and scores, found object");
  model["vocab"] = Json::array();
  EXPECT_EQ(load_error(ErrorKind::corrupt_data, {{"model", model}}),
            "test.json.model.vocab: the vocabulary is empty");
  model = unigram();
  model.erase("unk_id");
  EXPECT_THAT(error_of(ErrorKind::invalid_argument, [&] { tokens_of(model, "x"); }),
              ::testing::HasSubstr("there is no unknown token (unk_id)"));
}

}  // namespace
}  // namespace automodel::text
