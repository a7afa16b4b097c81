#include "models/config_reader.h"

#include <gmock/gmock.h>

#include "base/error.h"

namespace automodel::models {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

const Json& config() {
  static const Json kConfig = parse_json(
      R"({"i": 3, "whole": 4.0, "n": 0.5, "b": true, "s": "x", "l": [1, 2.5], "t": ["a"], "o": {"k": 1}, "null": null})",
      "t");
  return kConfig;
}

TEST(ConfigReader, ReadsTypedValuesAndFallbacks) {
  const ConfigReader c(config(), "f");
  EXPECT_EQ(c.integer("i"), 3);
  EXPECT_EQ(c.integer("whole"), 4);
  EXPECT_EQ(c.integer("null", 9), 9);
  EXPECT_EQ(c.number("n"), 0.5);
  EXPECT_TRUE(c.flag("b", false));
  EXPECT_EQ(c.text("s", ""), "x");
  EXPECT_EQ(c.numbers("l"), (std::vector<double>{1, 2.5}));
  EXPECT_EQ(c.texts("t"), std::vector<std::string>{"a"});
  EXPECT_EQ(c.object("o").integer("k"), 1);
  EXPECT_FALSE(c.object("missing").has("k"));
  EXPECT_NO_THROW(c.finish({}));
}

TEST(ConfigReader, WrongTypesNameKeyAndValue) {
  const ConfigReader c(config(), "f");
  EXPECT_THAT([&] { c.integer("n"); },
              ThrowsMessage<Error>(HasSubstr("f: 'n' is 0.5, expected an integer")));
  EXPECT_THAT([&] { c.number("s"); }, ThrowsMessage<Error>(HasSubstr("expected a number")));
  EXPECT_THAT([&] { c.number("gone"); }, ThrowsMessage<Error>(HasSubstr("'gone' is missing")));
  EXPECT_THAT([&] { c.flag("i", true); },
              ThrowsMessage<Error>(HasSubstr("expected true or false")));
  EXPECT_THAT([&] { c.text("i", ""); }, ThrowsMessage<Error>(HasSubstr("expected a string")));
  EXPECT_THAT([&] { c.numbers("t"); },
              ThrowsMessage<Error>(HasSubstr("expected a list of numbers")));
  EXPECT_THAT([&] { c.texts("l"); }, ThrowsMessage<Error>(HasSubstr("expected a list of strings")));
  EXPECT_THAT([&] { c.object("l"); }, ThrowsMessage<Error>(HasSubstr("expected an object")));
  EXPECT_THAT([] { ConfigReader(Json::array(), "f"); },
              ThrowsMessage<Error>(HasSubstr("expected a JSON object")));
}

TEST(ConfigReader, AFamilysOwnNameOfAKey) {
  const std::vector<KeyName> names = {{"n", "n_embd"}, {"layers", "i"}, {"heads", "n_head"}};
  const ConfigReader c(config(), "f", names);
  EXPECT_EQ(c.number("n"), 0.5);  // the config has the common name only
  EXPECT_EQ(c.integer("layers"), 3);
  EXPECT_TRUE(c.states("layers"));
  EXPECT_THAT([&] { c.integer("heads"); }, ThrowsMessage<Error>(HasSubstr("'n_head' is missing")));
  EXPECT_THAT([&] { c.refuse("layers", "4"); }, ThrowsMessage<Error>(HasSubstr("'i' is 3")));
  const Json both = parse_json(R"({"layers": 2, "i": 3})", "t");
  const ConfigReader contradicting(both, "f", names);
  EXPECT_THAT([&] { contradicting.integer("layers"); },
              ThrowsMessage<Error>(HasSubstr("'layers' and 'i' mean the same and differ")));
}

TEST(ConfigReader, UnreadKeysWithAValueAreErrors) {
  const ConfigReader c(config(), "f");
  EXPECT_THAT([&] { c.finish(std::vector<std::string>{"i", "whole", "b", "s", "l", "t", "o"}); },
              ThrowsMessage<Error>(HasSubstr("n = 0.5")));
}

}  // namespace
}  // namespace automodel::models
