#include "text/tokenizer/length_settings.h"

#include <gmock/gmock.h>

#include "tests/text/tokenizer/small.h"

namespace automodel::text {
namespace {

using ::testing::ElementsAre;

Encoding four_tokens() {
  return {.ids = {1, 2, 3, 4}, .offsets = {{0, 1}, {1, 2}, {2, 3}, {3, 4}}};
}

Json truncation(std::int64_t length, const char* direction, std::int64_t stride = 0) {
  return {{"truncation",
           {{"max_length", length},
            {"strategy", "LongestFirst"},
            {"stride", stride},
            {"direction", direction}}}};
}

Encoding cut(const Json& json, std::size_t num_added = 0) {
  Encoding encoding = four_tokens();
  truncate(encoding, *read_length_settings(JsonNode(json, "t")).truncation, num_added);
  return encoding;
}

TEST(LengthSettings, TruncationKeepsOneEnd) {
  EXPECT_THAT(cut(truncation(2, "Right")).ids, ElementsAre(1, 2));
  EXPECT_THAT(cut(truncation(2, "Left")).ids, ElementsAre(3, 4));
  EXPECT_EQ(cut(truncation(2, "Left")).offsets[0].first, 2U);
  EXPECT_THAT(cut(truncation(3, "Right"), 2).ids, ElementsAre(1));
  EXPECT_THAT(cut(truncation(2, "Right"), 2).ids, ElementsAre());
  EXPECT_THAT(cut(truncation(9, "Right")).ids, ElementsAre(1, 2, 3, 4));
}

TEST(LengthSettings, ImpossibleTruncationIsRefused) {
  EXPECT_EQ(error_of(ErrorKind::invalid_argument, [] { cut(truncation(1, "Right"), 2); }),
            "the tokenizer's truncation to 1 tokens leaves no room for the 2 special tokens that "
            "it adds");
  EXPECT_EQ(error_of(ErrorKind::invalid_argument, [] { cut(truncation(2, "Right", 2)); }),
            "the stride 2 of the tokenizer's truncation must be below the 2 tokens that are kept "
            "of a text");
}

Json padding(const Json& strategy, const char* direction, const Json& multiple = Json()) {
  return {{"padding",
           {{"strategy", strategy},
            {"direction", direction},
            {"pad_to_multiple_of", multiple},
            {"pad_id", 9},
            {"pad_type_id", 0},
            {"pad_token", "x"}}}};
}

Encoding padded(const Json& json, std::size_t longest) {
  const Padding settings = *read_length_settings(JsonNode(json, "t")).padding;
  Encoding encoding = four_tokens();
  pad(encoding, settings, padded_length(settings, longest));
  return encoding;
}

TEST(LengthSettings, PaddingFillsUp) {
  EXPECT_THAT(padded(padding("BatchLongest", "Right"), 6).ids, ElementsAre(1, 2, 3, 4, 9, 9));
  EXPECT_THAT(padded(padding({{"Fixed", 5}}, "Left"), 6).ids, ElementsAre(9, 1, 2, 3, 4));
  EXPECT_THAT(padded(padding("BatchLongest", "Right", 3), 4).ids, ElementsAre(1, 2, 3, 4, 9, 9));
  EXPECT_THAT(padded(padding({{"Fixed", 2}}, "Left"), 6).ids, ElementsAre(1, 2, 3, 4));
  EXPECT_EQ(padded(padding({{"Fixed", 5}}, "Left"), 6).offsets.size(), 5U);
  EXPECT_EQ(padded(padding({{"Fixed", 6}}, "Right"), 6).num_right_padding, 2U);
}

TEST(LengthSettings, AbsentAndNullMeanNone) {
  const Json json = {{"truncation", nullptr}};
  EXPECT_FALSE(read_length_settings(JsonNode(json, "t")).truncation);
  EXPECT_FALSE(read_length_settings(JsonNode(json, "t")).padding);
}

TEST(LengthSettings, OtherShapesAreRefused) {
  const auto error = [](ErrorKind kind, const Json& json) {
    return error_of(kind, [&] { read_length_settings(JsonNode(json, "t")); });
  };
  EXPECT_EQ(error(ErrorKind::corrupt_data, {{"truncation", 7}}),
            "t.truncation: expected an object, found 7");
  Json json = truncation(2, "Right");
  json["truncation"]["strategy"] = "OnlySecond";
  EXPECT_EQ(error(ErrorKind::unsupported, json),
            "t.truncation.strategy: 'OnlySecond' is not supported; known are LongestFirst, "
            "OnlyFirst");
  EXPECT_EQ(error(ErrorKind::corrupt_data, truncation(-1, "Right")),
            "t.truncation.max_length: expected an integer from 0 to 2147483648, found -1");
  EXPECT_EQ(error(ErrorKind::unsupported, padding("Longest", "Right")),
            "t.padding.strategy: 'Longest' is not supported; known are BatchLongest");
  EXPECT_EQ(error(ErrorKind::unsupported, padding("BatchLongest", "Up")),
            "t.padding.direction: 'Up' is not supported; known are Left, Right");
}

}  // namespace
}  // namespace automodel::text
