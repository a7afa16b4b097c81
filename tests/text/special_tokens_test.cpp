#include "text/special_tokens.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace automodel::text {
namespace {

/// What is left of both files, where each is written as JSON.
Json merged(const char* config, const char* map) {
  return with_special_tokens_map(parse_json(config, ""), parse_json(map, ""));
}

TEST(SpecialTokens, NamesOfTheModelsOwn) {
  const Json config = parse_json(R"({"eos_token": "E", "b_token": "B", "add_bos_token": true,
      "c_token": {"content": "C"}, "d_token": null, "image": "I",
      "a_token": {"content": "A", "__type": "AddedToken"}})",
                                 "");
  const Json found = model_tokens(config);
  ASSERT_EQ(found.size(), 2U) << found;
  EXPECT_EQ(found.begin().key(), "a_token") << "texts come last";
  EXPECT_EQ(found["b_token"], "B");
}

TEST(SpecialTokens, TextsOfNamesOfTheModelsOwn) {
  const Json config = {{"bos_token", "<s>"},
                       {"image_token", "<img>"},
                       {"eot_token", {{"content", "<eot>"}, {"__type", "AddedToken"}}},
                       {"extra_special_tokens", {{"boi_token", "<boi>"}}}};
  EXPECT_EQ(model_token_texts(config),
            (std::map<std::string, std::string>{
                {"boi_token", "<boi>"}, {"eot_token", "<eot>"}, {"image_token", "<img>"}}));
}

TEST(SpecialTokens, AnObjectNamesTokens) {
  const Json config = parse_json(R"({"extra_special_tokens": {"b": "X", "a_token": "Y"},
                                     "a_token": "Z", "additional_special_tokens": ["W"]})",
                                 "");
  EXPECT_EQ(model_tokens(config).dump(), R"({"a_token":"Y","b":"X"})");
  EXPECT_EQ(special_list_key(config), "additional_special_tokens");
}

TEST(SpecialTokens, OneListCounts) {
  const auto key = [](const char* config) { return special_list_key(parse_json(config, "")); };
  EXPECT_EQ(key(R"({"extra_special_tokens": ["X"], "additional_special_tokens": ["Y"]})"),
            "extra_special_tokens");
  EXPECT_EQ(key(R"({"extra_special_tokens": [], "additional_special_tokens": ["Y"]})"),
            "additional_special_tokens");
  EXPECT_EQ(key(R"({"extra_special_tokens": null, "additional_special_tokens": ["Y"]})"),
            "additional_special_tokens");
  EXPECT_EQ(key(R"({"extra_special_tokens": []})"), "extra_special_tokens");
  EXPECT_EQ(key(R"({"extra_special_tokens": {"a": "X"}})"), std::nullopt);
  EXPECT_EQ(key("{}"), std::nullopt);
}

TEST(SpecialTokens, TheMapCountsWhereTheConfigListsNoAddedTokens) {
  const char* map = R"({"eos_token": "B", "pad_token": null})";
  EXPECT_EQ(merged(R"({"eos_token": "A", "pad_token": "P"})", map), parse_json(map, ""));
  const char* listed = R"({"eos_token": "A", "added_tokens_decoder": {}})";
  EXPECT_EQ(merged(listed, map), parse_json(listed, ""));
  const char* extra = R"({"extra_special_tokens": ["X"]})";
  EXPECT_EQ(merged(extra, "{}"), parse_json(extra, ""));
}

TEST(SpecialTokens, ObjectsOfTheMapAreTokens) {
  const Json made = merged("{}", R"({"eos_token": {"content": "E", "special": false}})");
  EXPECT_EQ(made["eos_token"], parse_json(R"({"content": "E", "special": true,
                                             "__type": "AddedToken"})",
                                          ""));
}

TEST(SpecialTokens, TheConfigsOwnNamesStay) {
  const Json made = merged(R"({"a_token": "A"})", R"({"a_token": "B", "b_token": "C"})");
  EXPECT_EQ(made["a_token"], "A");
  EXPECT_EQ(made["b_token"]["content"], "C");
  EXPECT_EQ(model_tokens(made).begin().key(), "b_token") << "the map's come first";
}

TEST(SpecialTokens, ListsOfBothFiles) {
  const auto extra = [](const char* config, const char* map) {
    const Json made = merged(config, map);
    return Json::array({made.value("extra_special_tokens", Json()),
                        made.value("additional_special_tokens", Json())})
        .dump();
  };
  const char* x = R"({"extra_special_tokens": ["X", "Y"]})";
  const char* named = R"({"extra_special_tokens": {"a": "A"}})";
  const char* old = R"({"additional_special_tokens": ["Z"]})";
  EXPECT_EQ(extra(x, R"({"extra_special_tokens": ["Y", "W"]})"), R"([null,["X","Y","W"]])");
  EXPECT_EQ(extra(x, old), R"([null,["X","Y"]])");
  EXPECT_EQ(extra(old, x), R"([null,["Z","X","Y"]])");
  EXPECT_EQ(extra(old, R"({"additional_special_tokens": ["X"]})"), R"([null,["Z"]])");
  EXPECT_EQ(extra("{}", old), R"([null,["Z"]])");
  EXPECT_EQ(extra(x, named), R"([{"a":"A"},null])");
  EXPECT_EQ(extra(named, x), R"([{"a":"A"},["X","Y"]])");
  EXPECT_EQ(extra(named, old), R"([{"a":"A"},["Z"]])");
  EXPECT_EQ(extra(named, R"({"extra_special_tokens": {"b": "B"}})"), R"([{"a":"A","b":"B"},null])");
}

TEST(SpecialTokens, AddedTokensOfOlderFolders) {
  const auto made = [](const char* config, const char* added, const char* listed) {
    return with_added_tokens(parse_json(config, ""), parse_json(added, ""), parse_json(listed, ""))
        .value("added_tokens_decoder", Json())
        .dump();
  };
  EXPECT_EQ(
      made(R"({"eos_token": {"content": "X"}})", R"({"X": 7, "Y": 8, "Z": 9})", R"([{"id": 8}])"),
      R"({"7":{"content":"X","normalized":false,"special":true},)"
      R"("9":{"content":"Z","normalized":true,"special":false}})");
  EXPECT_EQ(made(R"({"added_tokens_decoder": {}})", R"({"X": 7})", "[]"), "{}");
  EXPECT_EQ(made("{}", "{}", "[]"), "null");
  EXPECT_THROW(made("{}", R"({"X": "7"})", "[]"), Error);
}

}  // namespace
}  // namespace automodel::text
