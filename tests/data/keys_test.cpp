#include "data/keys.h"

#include "data/support.h"

namespace automodel::data {
namespace {

TEST(Keys, ReadsTypesAndDefaults) {
  Keys keys({{"flag", true},
             {"count", 3},
             {"name", "x"},
             {"none", nullptr},
             {"files", Json::array({"a", "b"})},
             {"file", "c"},
             {"map", {{"k", "v"}, {"not named", nullptr}}}},
            "dataset X");
  EXPECT_TRUE(keys.flag("flag", false));
  EXPECT_TRUE(keys.flag("absent", true));
  EXPECT_EQ(keys.integer("count", 0), 3);
  EXPECT_EQ(keys.maybe_integer("none"), std::nullopt);
  EXPECT_EQ(keys.text("name", ""), "x");
  EXPECT_EQ(keys.text("none", "otherwise"), "otherwise");
  EXPECT_EQ(keys.paths("files"), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(keys.paths("file"), (std::vector<std::string>{"c"}));
  EXPECT_EQ(keys.text_map("map"), (std::vector<std::pair<std::string, std::string>>{{"k", "v"}}));
  keys.finish();
}

TEST(Keys, StrategiesAreSwitches) {
  const auto truncation = [](const Json& value) {
    return Keys({{"truncation", value}}, "dataset X").truncation();
  };
  EXPECT_TRUE(truncation(true));
  EXPECT_FALSE(truncation("do_not_truncate"));
  EXPECT_TRUE(truncation("only_second"));
  EXPECT_FALSE(truncation(nullptr));
  EXPECT_EQ(error_of([&] { truncation("longest"); }),
            "dataset X: 'truncation' must be true, false, do_not_truncate or longest_first, "
            "only_first, only_second, found \"longest\"");
  Keys keys({{"padding", "longest"}}, "dataset X");
  EXPECT_TRUE(keys.padding());
  EXPECT_FALSE(keys.truncation());
}

TEST(Keys, WrongTypesAndUnknownNames) {
  Keys keys({{"flag", 1}, {"count", 1.5}, {"name", 7}, {"files", {1}}, {"split", "x"}},
            "dataset X");
  EXPECT_EQ(error_of([&] { keys.flag("flag", true); }),
            "dataset X: 'flag' must be true or false, found 1");
  EXPECT_EQ(error_of([&] { keys.integer("count", 1); }),
            "dataset X: 'count' must be an integer, found 1.5");
  EXPECT_EQ(error_of([&] { keys.text("name", ""); }),
            "dataset X: 'name' must be a string, found 7");
  EXPECT_EQ(error_of([&] { keys.paths("files"); }),
            "dataset X: 'files' must be a path or a list of paths, found [1]");
  EXPECT_EQ(error_of([&] { keys.paths("path"); }),
            "dataset X needs the key 'path': a path or a list of paths");
  EXPECT_EQ(error_of([&] { keys.text_map("name"); }),
            "dataset X: 'name' must be a mapping of names to column names, found 7");
  keys.text("splits", "");
  EXPECT_EQ(error_of([&] { keys.finish(); }),
            "dataset X has no key 'split'; did you mean 'splits'?");
}

TEST(Keys, WhatIsNotBuiltYet) {
  Keys keys({{"unshifted", true}, {"name", nullptr}}, "dataset X");
  keys.expect("name", nullptr);
  EXPECT_EQ(error_of([&] { keys.expect("unshifted", false); }),
            "dataset X: 'unshifted' = true is not supported yet; leave it out");
}

}  // namespace
}  // namespace automodel::data
