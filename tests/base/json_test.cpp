#include "base/json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "base/error.h"

namespace automodel {
namespace {

std::string error_of(std::string_view text) {
  try {
    parse_json(text, "x.json");
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::corrupt_data);
    return error.message();
  }
  return "no error";
}

TEST(Json, KeepsTheOrderOfKeysAndAllKindsOfValues) {
  const std::string text =
      R"({"b":[1,-2,0.5,true,false,null,"é"],"a":{"x":{},"y":[]},"c":18446744073709551615})";
  EXPECT_EQ(parse_json(text, "x.json").dump(), text);
  EXPECT_EQ(parse_json(" 7 ", "x.json"), Json(7));
}

TEST(Json, TheLastOfRepeatedKeysCounts) {
  EXPECT_EQ(parse_json(R"({"a":1,"b":2,"a":3,"a":4})", "x.json").dump(), R"({"a":4,"b":2})");
}

TEST(Json, RepeatedKeysAreAnErrorWhereEachMustMeanOneThing) {
  EXPECT_EQ(parse_json_unique(R"({"a":{"b":1},"b":2})", "x.json")["a"]["b"], 1);
  try {
    parse_json_unique(R"([{"a":1,"b":2,"a":1}])", "x.json");
    FAIL() << "parsed";
  } catch (const Error& error) {
    EXPECT_EQ(error.message(), "x.json: the key 'a' appears twice in one JSON object");
  }
}

TEST(Json, ErrorsSayWhere) {
  EXPECT_THAT(error_of("{\n \"a\": x}"), ::testing::StartsWith("x.json:2:7: not valid JSON:"));
  EXPECT_THAT(error_of("[1, 2"), ::testing::StartsWith("x.json:1:"));
  for (const auto* text : {R"({"a": NaN, "b": 1})", "[Infinity]", "[1, -Infinity]"}) {
    EXPECT_THAT(error_of(text), ::testing::HasSubstr("JSON has no NaN and no Infinity")) << text;
  }
  EXPECT_THAT(error_of(""), ::testing::HasSubstr("not valid JSON"));
  EXPECT_THAT(error_of("\"\xff\""), ::testing::HasSubstr("not valid JSON"));
  EXPECT_THAT(error_of("\xff\xfe{"), ::testing::StartsWith("x.json: the file is UTF-16; "));
  EXPECT_EQ(error_of(std::string(600, '[')), "x.json: JSON is nested deeper than 512 levels");
}

TEST(Json, NumbersThatAreTooLargeAreNamed) {
  EXPECT_EQ(error_of("{\n \"a\": 1e400}"),
            "x.json:2:7: the number 1e400 is too large; the largest is about 1.8e308. Write it as "
            "text, in quotes");
  EXPECT_THAT(error_of("[-" + std::string(400, '9') + "]"),
              ::testing::StartsWith("x.json:1:2: the number -" + std::string(39, '9') +
                                    "... is too large"));
  EXPECT_EQ(parse_json("1e308", "x.json"), 1e308);
}

TEST(Json, ErrorsCountFromTheFirstLineGiven) {
  try {
    parse_json("{\n x", "rows.jsonl", 70);
    FAIL() << "parsed";
  } catch (const Error& error) {
    EXPECT_THAT(error.message(), ::testing::StartsWith("rows.jsonl:71:2: not valid JSON:"));
  }
}

TEST(Json, LargeObjectsParseInLinearTime) {
  std::string text = "{";
  for (int i = 0; i < 100000; ++i) {
    text += fmt::format("\"token{}\":{},", i, i);
  }
  text.back() = '}';
  const auto start = std::chrono::steady_clock::now();
  const Json value = parse_json(text, "x.json");
  EXPECT_EQ(value.size(), 100000U);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(4));
}

}  // namespace
}  // namespace automodel
