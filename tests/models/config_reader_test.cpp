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
  EXPECT_FALSE(c.flag("null", false));
  EXPECT_THAT(
      [&] { c.flag("null", true); },
      ThrowsMessage<Error>(HasSubstr("'null' is null, which Transformers takes for false")));
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

TEST(ConfigReader, DefaultsHoldForAbsentKeysOnly) {
  const ConfigReader c(config(), "f", {{"layers", "n_layer"}},
                       {{"n_layer", 5}, {"i", 8}, {"null", 8}, {"window", 16}});
  EXPECT_EQ(c.integer("layers", 1), 5);
  EXPECT_EQ(c.maybe_integer("window"), 16);
  EXPECT_EQ(c.integer("i"), 3);
  EXPECT_FALSE(c.maybe_integer("null").has_value());
  EXPECT_FALSE(c.states("window"));
  EXPECT_THAT([&] { c.integer("layers"); },
              ThrowsMessage<Error>(HasSubstr("'n_layer' is missing")));
}

TEST(ConfigReader, RemembersWhatBecameOfEachKey) {
  const Json some = parse_json(R"({"a": 1, "b": null, "o": {"k": 1, "l": 2}, "p": {"x": 1}})", "t");
  const ConfigReader c(some, "f");
  c.integer("a");
  c.integer("b", 7);
  c.object("o").integer("k");
  c.object("o").flag("m", true);
  c.nothing().integer("z", 3);
  using Fate = KeyUse::Fate;
  EXPECT_THAT(c.key_uses(),
              ::testing::ElementsAre(
                  KeyUse{"a", 1, Fate::used}, KeyUse{"o.k", 1, Fate::used},
                  KeyUse{"o.l", 2, Fate::ignored}, KeyUse{"p", {{"x", 1}}, Fate::ignored},
                  KeyUse{"b", 7, Fate::fallback}, KeyUse{"o.m", true, Fate::fallback}));
}

TEST(ConfigReader, TellsTextsAndListsApart) {
  const Json config = parse_json(R"({"a": "x", "b": [1], "c": 1})", "test");
  const ConfigReader reader(config, "config.json");
  EXPECT_TRUE(reader.is_text("a"));
  EXPECT_FALSE(reader.is_text("b"));
  EXPECT_TRUE(reader.is_list("b"));
  EXPECT_FALSE(reader.is_list("missing"));
}

TEST(ConfigReader, UnreadKeysWithAValueAreErrors) {
  const ConfigReader c(config(), "f");
  EXPECT_THAT([&] { c.finish(std::vector<std::string>{"i", "whole", "b", "s", "l", "t", "o"}); },
              ThrowsMessage<Error>(HasSubstr("n = 0.5")));
}

TEST(ConfigReader, WhatToolsWriteBesideTheModelIsHarmless) {
  const Json config = {{"unsloth_version", "2025.3.19"},
                       {"unsloth_fixed", true},
                       {"_attn_implementation_autoset", true},
                       {"_flash_attn_2_enabled", true},
                       {"do_sample", true},
                       {"temperature", 0.6},
                       {"top_k", 50},
                       {"max_length", 4096}};
  EXPECT_NO_THROW(ConfigReader(config, "f").finish({}));
}

}  // namespace
}  // namespace automodel::models
