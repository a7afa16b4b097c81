#include "text/config_tokens.h"

#include <gmock/gmock.h>

#include "tests/text/tokenizer/small.h"

namespace automodel::text {
namespace {

/// A tokenizer whose vocabulary ends at 126, with the tokens that a configuration adds.
Tokenizer with(const Json& config, const Json& added = Json::array()) {
  const Json made = with_config_tokens(byte_tokenizer({{"added_tokens", added}}),
                                       config_tokens(parse_tokenizer_config(config, "c")), "t");
  return make(made);
}

TEST(ConfigTokens, NamedTokensAreSpecial) {
  const Json known = Json::array({{{"id", 127}, {"content", "</s>"}, {"lstrip", true}}});
  const Tokenizer tokenizer = with({{"eos_token", "</s>"}, {"bos_token", "a"}}, known);
  ASSERT_EQ(tokenizer.added_tokens().size(), 2U);
  EXPECT_EQ(tokenizer.added_tokens()[0], (AddedToken{.content = "a", .id = 'a', .special = true}));
  EXPECT_EQ(tokenizer.added_tokens()[1],
            (AddedToken{.content = "</s>", .id = 127, .special = true, .lstrip = true}));
}

TEST(ConfigTokens, NewOnesGetTheNextIds) {
  const Json known = Json::array({{{"id", 200}, {"content", "<x>"}}});
  const Tokenizer tokenizer = with({{"pad_token", "<pad>"},
                                    {"additional_special_tokens", {"<y>", {{"content", "<z>"}}}},
                                    {"extra_special_tokens", {{"image_token", "<i>"}}}},
                                   known);
  EXPECT_EQ(tokenizer.token_to_id("<pad>"), 201);
  EXPECT_EQ(tokenizer.token_to_id("<i>"), 202);
  EXPECT_EQ(tokenizer.token_to_id("<y>"), 203);
  EXPECT_EQ(tokenizer.token_to_id("<z>"), 204);
  EXPECT_TRUE(tokenizer.is_special(202));
  EXPECT_EQ(with({{"pad_token", "<pad>"}}).token_to_id("<pad>"), 127);
}

TEST(ConfigTokens, TokensWithNamesOfTheModelsOwn) {
  const Tokenizer tokenizer = with({{"image_token", "<i>"},
                                    {"eos_token", "</s>"},
                                    {"additional_special_tokens", {"<y>"}},
                                    {"extra_special_tokens", {"<x>"}}});
  EXPECT_EQ(tokenizer.token_to_id("<i>"), 128) << "behind those that every tokenizer has";
  EXPECT_TRUE(tokenizer.is_special(128));
  EXPECT_EQ(tokenizer.token_to_id("<x>"), 129);
  EXPECT_EQ(tokenizer.token_to_id("<y>"), std::nullopt) << "one list counts";
}

TEST(ConfigTokens, AddedTokensDecoderSetsFlags) {
  const Json known = Json::array({{{"id", 127}, {"content", "<x>"}, {"rstrip", true}}});
  const Tokenizer tokenizer =
      with({{"added_tokens_decoder",
             {{"127", {{"content", "<x>"}, {"lstrip", true}, {"special", true}}},
              {"128", {{"content", "<y>"}}}}}},
           known);
  EXPECT_EQ(tokenizer.added_tokens()[0],
            (AddedToken{.content = "<x>", .id = 127, .special = true, .lstrip = true}));
  EXPECT_EQ(tokenizer.added_tokens()[1],
            (AddedToken{.content = "<y>", .id = 128, .normalized = true}));
}

TEST(ConfigTokens, SpecialTokensMayBeLeftInTheText) {
  const Json config = {{"eos_token", "</s>"}, {"split_special_tokens", true}};
  EXPECT_TRUE(config_tokens(parse_tokenizer_config(config, "c")).split_special);
  const Json made =
      with_config_tokens(byte_tokenizer(), config_tokens(parse_tokenizer_config(config, "c")), "t");
  EXPECT_EQ(Tokenizer::from_json(made, "t", {.finds_special = false}).encode("</s>").ids.size(),
            4U);
  EXPECT_EQ(Tokenizer::from_json(made, "t").encode("</s>").ids.size(), 1U);
}

TEST(ConfigTokens, DamageIsNamed) {
  EXPECT_EQ(error_of(ErrorKind::corrupt_data, [] { with({{"additional_special_tokens", {7}}}); }),
            "tokenizer_config.json.additional_special_tokens[0]: expected a string, found 7");
  EXPECT_EQ(error_of(ErrorKind::corrupt_data, [] { with({{"added_tokens_decoder", {{"5", 7}}}}); }),
            "tokenizer_config.json.added_tokens_decoder.5: expected a string, found 7");
  EXPECT_EQ(
      error_of(ErrorKind::corrupt_data, [] { with({{"added_tokens_decoder", {{"<x>", "<x>"}}}}); }),
      "tokenizer_config.json.added_tokens_decoder: '<x>' is no id; each key is the whole number of "
      "a token");
  EXPECT_EQ(error_of(ErrorKind::corrupt_data,
                     [] { with({{"added_tokens_decoder", {{"7", "<x>"}, {"07", "<y>"}}}}); }),
            "tokenizer_config.json.added_tokens_decoder: two tokens of id 7; remove one");
  EXPECT_EQ(error_of(ErrorKind::corrupt_data,
                     [] {
                       const Json config = {{"eos_token", "x"}};
                       with_config_tokens(Json::object(),
                                          config_tokens(parse_tokenizer_config(config, "c")), "t");
                     }),
            "t: member 'model' is missing");
}

}  // namespace
}  // namespace automodel::text
