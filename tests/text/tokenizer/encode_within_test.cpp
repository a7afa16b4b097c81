#include <gmock/gmock.h>

#include "tests/text/tokenizer/small.h"

namespace automodel::text {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const Json kBert = {{"type", "BertProcessing"}, {"cls", {"A", 65}}, {"sep", {"B", 66}}};

Json with(const Json& post_processor) {
  return byte_tokenizer({{"post_processor", post_processor}});
}

std::vector<std::int32_t> encode(const Json& json, const std::vector<std::string>& texts,
                                 const CutOptions& cut = {}) {
  return make(json).encode_within(texts, cut);
}

std::string encode_error(const Json& json, const std::vector<std::string>& texts,
                         const CutOptions& cut = {}) {
  try {
    encode(json, texts, cut);
  } catch (const Error& error) {
    return error.message();
  }
  return "no error";
}

TEST(EncodeWithin, TwoTextsAreOneSequence) {
  EXPECT_THAT(encode(with(nullptr), {"xy", "z"}), ElementsAre('x', 'y', 'z'));
  EXPECT_THAT(encode(with(kBert), {"xy", "z"}), ElementsAre(65, 'x', 'y', 66, 'z', 66));
  EXPECT_THAT(encode(with(kBert), {"xy"}), ElementsAre(65, 'x', 'y', 66));
  Json roberta = kBert;
  roberta["type"] = "RobertaProcessing";
  EXPECT_THAT(encode(with(roberta), {"x", "z"}), ElementsAre(65, 'x', 66, 66, 'z', 66));
}

TEST(EncodeWithin, TemplatesSayHow) {
  const Json node = parse_json(R"({"type": "TemplateProcessing",
    "single": [{"Sequence": {"id": "A", "type_id": 0}}],
    "pair": [{"Sequence": {"id": "B", "type_id": 0}}, {"SpecialToken": {"id": "B", "type_id": 0}},
             {"Sequence": {"id": "A", "type_id": 0}}],
    "special_tokens": {"B": {"id": "B", "ids": [66], "tokens": ["B"]}}})",
                               "test");
  EXPECT_THAT(encode(with(node), {"x", "y"}), ElementsAre('y', 66, 'x'));
  const Json byte_level = {{"type", "ByteLevel"}};
  const auto sequence = [](const Json& one, const Json& two) {
    return with({{"type", "Sequence"}, {"processors", Json::array({one, two})}});
  };
  EXPECT_THAT(encode(sequence(byte_level, node), {"x", "y"}), ElementsAre('y', 66, 'x'));
  EXPECT_THAT(encode(sequence(node, byte_level), {"x", "y"}), ElementsAre('y', 66, 'x'));
  EXPECT_THAT(encode_error(sequence(node, kBert), {"x", "y"}),
              HasSubstr("adds tokens to two texts in several steps, which is not supported"));
  Json without = node;
  without["pair"] = Json::array();
  EXPECT_THAT(encode_error(with(without), {"x", "y"}),
              HasSubstr("the tokenizer's template of two texts has 0 places for them"));
}

TEST(EncodeWithin, TheLongerTextIsCutFirst) {
  const auto cut = [](const std::vector<std::string>& texts, std::size_t length) {
    return encode(with(nullptr), texts, {.max_length = length});
  };
  EXPECT_THAT(cut({"abcd", "x"}, 3), ElementsAre('a', 'b', 'x'));
  EXPECT_THAT(cut({"x", "abcd"}, 3), ElementsAre('x', 'a', 'b'));
  EXPECT_THAT(cut({"abcd", "wxyz"}, 5), ElementsAre('a', 'b', 'w', 'x', 'y'));
  EXPECT_THAT(cut({"abcde", "wxyz"}, 5), ElementsAre('a', 'b', 'c', 'w', 'x'));
  EXPECT_THAT(cut({"abcd", "wxyz"}, 8), ::testing::SizeIs(8));
  EXPECT_THAT(encode(with(nullptr), {"abc", "xyz"}, {.max_length = 2, .cuts_beginning = true}),
              ElementsAre('c', 'z'));
}

TEST(EncodeWithin, SpecialTokensCount) {
  EXPECT_THAT(encode(with(kBert), {"abcd"}, {.max_length = 4}), ElementsAre(65, 'a', 'b', 66));
  EXPECT_THAT(encode(with(kBert), {"ab", "xy"}, {.max_length = 5}),
              ElementsAre(65, 'a', 66, 'x', 66));
  EXPECT_THAT(encode_error(with(kBert), {"ab", "xy"}, {.max_length = 3}),
              HasSubstr("3 special tokens leave no room for text in a length of 3"));
}

}  // namespace
}  // namespace automodel::text
