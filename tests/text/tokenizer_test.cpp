#include "text/tokenizer.h"

#include <gmock/gmock.h>

#include <thread>

#include "tests/text/tokenizer/small.h"

namespace automodel::text {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Offsets = std::vector<std::pair<std::uint32_t, std::uint32_t>>;

Json added(const char* content, int id, const Json& flags = Json::object()) {
  Json token = {{"id", id}, {"content", content}};
  for (const auto& [key, value] : flags.items()) {
    token[key] = value;
  }
  return token;
}

/// A GPT-2-like tokenizer that knows "hello" and " world".
Json gpt2() {
  Json json =
      byte_tokenizer({{"pre_tokenizer", {{"type", "ByteLevel"}, {"add_prefix_space", false}}}});
  int next = 256;
  for (const auto& [left, right] :
       std::vector<std::pair<std::string, std::string>>{{"h", "e"},
                                                        {"l", "l"},
                                                        {"he", "ll"},
                                                        {"hell", "o"},
                                                        {"\u0120", "w"},
                                                        {"o", "r"},
                                                        {"\u0120w", "or"}}) {
    json["model"]["vocab"][left + right] = next++;
    json["model"]["merges"].push_back(Json::array({left, right}));
  }
  return json;
}

TEST(Tokenizer, EncodesDecodesAndKnowsOffsets) {
  const Tokenizer tokenizer = make(gpt2());
  const Encoding encoding = tokenizer.encode("hello world");
  EXPECT_THAT(encoding.ids, ElementsAre(259, 262, 'l', 'd'));
  EXPECT_EQ(encoding.offsets, (Offsets{{0, 5}, {5, 9}, {9, 10}, {10, 11}}));
  EXPECT_EQ(tokenizer.decode(encoding.ids), "hello world");
  EXPECT_EQ(tokenizer.token_to_id("hello"), 259);
  EXPECT_EQ(tokenizer.id_to_token(262), "\u0120wor");
  EXPECT_EQ(tokenizer.token_to_id("nothing"), std::nullopt);
  EXPECT_EQ(tokenizer.id_to_token(9999), std::nullopt);
  EXPECT_EQ(tokenizer.id_to_token(-1), std::nullopt);
  EXPECT_EQ(tokenizer.vocab_size(), 263);
}

TEST(Tokenizer, EmptyTextHasNoTokens) {
  const Tokenizer tokenizer = make(gpt2());
  EXPECT_TRUE(tokenizer.encode("").ids.empty());
  EXPECT_EQ(tokenizer.decode({}), "");
}

TEST(Tokenizer, InvalidUtf8IsRefusedWithItsPlace) {
  const Tokenizer tokenizer = make(gpt2());
  for (const std::string text : {"ab\xff", "ab\xc3", "ab\xed\xa0\x80", "ab\xc0\x80"}) {
    EXPECT_EQ(error_of(ErrorKind::invalid_argument, [&] { tokenizer.encode(text); }),
              "the text is not valid UTF-8 at byte 2");
  }
}

TEST(Tokenizer, AddedTokensAreFoundFirst) {
  Json json = gpt2();
  json["added_tokens"] = Json::array({added("<s>", 300, {{"special", true}}), added("<s>s", 301)});
  const Tokenizer tokenizer = make(json);
  EXPECT_THAT(tokenizer.encode("a<s>b<s>sc").ids, ElementsAre('a', 300, 'b', 301, 'c'));
  EXPECT_EQ(tokenizer.decode(std::vector<std::int32_t>{'a', 300, 'b', 301}), "a<s>b<s>s");
  EXPECT_EQ(tokenizer.decode(std::vector<std::int32_t>{'a', 300, 'b', 301}, true), "ab<s>s");
  EXPECT_TRUE(tokenizer.is_special(300));
  EXPECT_FALSE(tokenizer.is_special(301));
  EXPECT_FALSE(tokenizer.is_special('a'));
  EXPECT_EQ(tokenizer.vocab_size(), 302);
  EXPECT_EQ(tokenizer.token_to_id("<s>"), 300);
  ASSERT_EQ(tokenizer.added_tokens().size(), 2U);
  EXPECT_EQ(tokenizer.added_tokens()[0].content, "<s>");
}

TEST(Tokenizer, SpecialTokensInAText) {
  Json json = gpt2();
  json["added_tokens"] = Json::array({added("<|end|>", 300, {{"special", true}}),
                                      added("EOS", 301, {{"special", true}, {"single_word", true}}),
                                      added("<plain>", 302)});
  const Tokenizer tokenizer = make(json);
  EXPECT_TRUE(tokenizer.has_special("a <|<|end|>"));
  EXPECT_TRUE(tokenizer.has_special("xEOSx"));
  EXPECT_FALSE(tokenizer.has_special(""));
  EXPECT_FALSE(tokenizer.has_special("a <|end| > <plain>"));
  const auto splits = Tokenizer::from_json(json, "a tokenizer", {.finds_special = false});
  EXPECT_FALSE(splits.has_special("<|end|>")) << "it does not become that token";
}

TEST(Tokenizer, DecodingSkipsUnknownIds) {
  EXPECT_EQ(make(gpt2()).decode(std::vector<std::int32_t>{'a', 5000, -3, 'b'}), "ab");
}

TEST(Tokenizer, BatchesEqualSingleTexts) {
  const Tokenizer tokenizer = make(gpt2());
  std::vector<std::string> texts;
  for (int i = 0; i < 500; ++i) {
    texts.push_back(std::string(static_cast<std::size_t>(i % 7), 'x') + "hello world " +
                    std::to_string(i));
  }
  const auto batch = tokenizer.encode_batch(texts, {}, 4);
  ASSERT_EQ(batch.size(), texts.size());
  for (std::size_t i = 0; i < texts.size(); ++i) {
    EXPECT_EQ(batch[i].ids, tokenizer.encode(texts[i]).ids);
    EXPECT_EQ(batch[i].offsets, tokenizer.encode(texts[i]).offsets);
  }
  EXPECT_TRUE(tokenizer.encode_batch({}, {}, 4).empty());
}

TEST(Tokenizer, BatchThrowsTheFirstError) {
  const Tokenizer tokenizer = make(gpt2());
  std::vector<std::string> texts(200, "fine");
  texts[70] = "bad\xff";
  texts[150] = "\xff";
  EXPECT_EQ(error_of(ErrorKind::invalid_argument, [&] { tokenizer.encode_batch(texts, {}, 4); }),
            "the text is not valid UTF-8 at byte 3");
}

TEST(Tokenizer, CopiesWorkFromManyThreads) {
  const Tokenizer tokenizer = make(gpt2());
  const auto expected = tokenizer.encode("hello world hello").ids;
  std::vector<std::thread> threads;
  std::vector<int> good(4);
  for (std::size_t t = 0; t < good.size(); ++t) {
    threads.emplace_back([copy = tokenizer, &expected, &counter = good[t]] {
      for (int i = 0; i < 200; ++i) {
        counter += copy.encode("hello world hello").ids == expected ? 1 : 0;
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  EXPECT_THAT(good, ::testing::Each(200));
}

TEST(Tokenizer, WritesAnEqualFile) {
  Json json = gpt2();
  json["added_tokens"] = Json::array({added("<s>", 300, {{"special", true}})});
  json["truncation"] = {{"max_length", 2}, {"strategy", "OnlyFirst"}, {"stride", 0}};
  const Json written = make(json).to_json();
  EXPECT_EQ(make(written).to_json(), written);
  EXPECT_EQ(make(written).encode("hello<s> world").ids, make(json).encode("hello<s> world").ids);
  EXPECT_EQ(written["truncation"], json["truncation"]);
  EXPECT_EQ(written["model"]["merges"], json["model"]["merges"]);
}

TEST(Tokenizer, TruncationAndPaddingOfTheFileAreAppliedWhereAsked) {
  Json json = gpt2();
  json["truncation"] = {
      {"max_length", 3}, {"strategy", "LongestFirst"}, {"stride", 0}, {"direction", "Right"}};
  json["padding"] = {{"strategy", "BatchLongest"},
                     {"direction", "Left"},
                     {"pad_to_multiple_of", nullptr},
                     {"pad_id", 7},
                     {"pad_token", "x"}};
  const Tokenizer tokenizer = make(json);
  EXPECT_EQ(tokenizer.encode("hello world").ids, make(gpt2()).encode("hello world").ids);
  const EncodeOptions as_file{.apply_length_settings = true};
  EXPECT_THAT(tokenizer.encode("hello world", as_file).ids, ElementsAre(259, 262, 'l'));
  const std::vector<std::string> texts = {"hello world", "hello"};
  const auto batch = tokenizer.encode_batch(texts, as_file, 2);
  EXPECT_THAT(batch[1].ids, ElementsAre(7, 7, 259));
  EXPECT_EQ(batch[1].num_left_padding, 2U);
  EXPECT_EQ(batch[0].num_left_padding, 0U);
}

TEST(Tokenizer, DamagedFilesAreRefusedWithTheirPlace) {
  Json json = gpt2();
  json.erase("model");
  EXPECT_EQ(load_error(ErrorKind::corrupt_data, json), "test.json: member 'model' is missing");
  json = gpt2();
  json["version"] = "2.0";
  EXPECT_EQ(load_error(ErrorKind::unsupported, json),
            "test.json: version '2.0' is not supported; known is 1.0");
  json = gpt2();
  json["model"]["type"] = "Magic";
  EXPECT_EQ(load_error(ErrorKind::unsupported, json),
            "test.json.model: a model of type 'Magic' is not supported; known are BPE, Unigram, "
            "WordLevel, WordPiece");
  json = gpt2();
  json["added_tokens"] = Json::array({added("hello", 400)});
  EXPECT_EQ(load_error(ErrorKind::corrupt_data, json),
            "test.json.added_tokens: 'hello' has id 400, but 259 in the vocabulary");
  json["added_tokens"] = Json::array({added("<s>", 259)});
  EXPECT_EQ(load_error(ErrorKind::corrupt_data, json),
            "test.json.added_tokens: id 259 of '<s>' belongs to 'hello' in the vocabulary");
  EXPECT_THAT(load_error(ErrorKind::corrupt_data, Json(7)),
              HasSubstr("expected an object, found 7"));
}

TEST(Tokenizer, PostProcessorsMayNotAddForeignTokens) {
  Json json = gpt2();
  json["post_processor"] = {{"type", "BertProcessing"}, {"cls", {"a", 'a'}}, {"sep", {"x", 5000}}};
  EXPECT_EQ(load_error(ErrorKind::corrupt_data, json),
            "test.json.post_processor: adds token 5000, but the vocabulary ends at 262");
}

}  // namespace
}  // namespace automodel::text
