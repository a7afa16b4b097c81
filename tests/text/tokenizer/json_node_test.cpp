#include "text/tokenizer/json_node.h"

#include <gmock/gmock.h>

#include <array>

#include "tests/text/tokenizer/small.h"

namespace automodel::text {
namespace {

const Json kJson = Json::parse(
    R"({"a": {"b": [1, "x", null]}, "flag": true, "n": 2.5, "big": 99, "neg": -1, "none": null})");
const JsonNode kNode(kJson, "f.json");

template <typename Action>
std::string damage(Action action) {
  return error_of(ErrorKind::corrupt_data, action);
}

TEST(JsonNode, ReadsMembers) {
  EXPECT_EQ(kNode.at("a").at("b").elements()[1].string(), "x");
  EXPECT_TRUE(kNode.boolean_or("flag", false));
  EXPECT_TRUE(kNode.boolean_or("none", true));
  EXPECT_EQ(kNode.string_or("missing", "m"), "m");
  EXPECT_EQ(kNode.at("n").number(), 2.5);
  EXPECT_EQ(kNode.at("big").integer(99), 99);
  EXPECT_FALSE(kNode.find("none") || kNode.find("missing"));
  EXPECT_EQ(JsonNode(Json("é"), "").character(), U'é');
}

TEST(JsonNode, ErrorsNameThePlace) {
  EXPECT_EQ(damage([] { kNode.at("a").at("c"); }), "f.json.a: member 'c' is missing");
  EXPECT_EQ(damage([] { kNode.at("a").at("b").elements()[0].string(); }),
            "f.json.a.b[0]: expected a string, found 1");
  EXPECT_EQ(damage([] { kNode.at("n").at("x"); }), "f.json.n: expected an object, found 2.5");
  EXPECT_EQ(damage([] { kNode.at("n").find("x"); }), "f.json.n: expected an object, found 2.5");
  EXPECT_EQ(damage([] { kNode.at("a").elements(); }), "f.json.a: expected a list, found object");
  EXPECT_EQ(damage([] { kNode.at("n").boolean(); }), "f.json.n: expected true or false, found 2.5");
  EXPECT_EQ(damage([] { kNode.at("flag").number(); }),
            "f.json.flag: expected a number, found true");
  EXPECT_EQ(damage([] { kNode.at("big").integer(98); }),
            "f.json.big: expected an integer from 0 to 98, found 99");
  EXPECT_EQ(damage([] { kNode.at("neg").integer(98); }),
            "f.json.neg: expected an integer from 0 to 98, found -1");
  EXPECT_EQ(damage([] { kNode.at("n").integer(98); }),
            "f.json.n: expected an integer from 0 to 98, found 2.5");
  EXPECT_EQ(damage([] { JsonNode(Json("ab"), "p").character(); }),
            "p: expected one character, found \"ab\"");
  EXPECT_EQ(damage([] { JsonNode(Json("\xff"), "p").string(); }),
            "p: the string is not valid UTF-8");
}

TEST(JsonNode, UnknownNamesListTheKnownOnes) {
  static constexpr auto kKnown = std::to_array<std::string_view>({"A", "B"});
  const Json b = "B";
  const Json c = {{"type", "C"}};
  EXPECT_EQ(JsonNode(b, "p").choice(kKnown), 1U);
  EXPECT_EQ(error_of(ErrorKind::unsupported, [&] { JsonNode(c["type"], "p").choice(kKnown); }),
            "p: 'C' is not supported; known are A, B");
  EXPECT_EQ(error_of(ErrorKind::unsupported, [&] { JsonNode(c, "p").type("a thing", kKnown); }),
            "p: a thing of type 'C' is not supported; known are A, B");
}

}  // namespace
}  // namespace automodel::text
