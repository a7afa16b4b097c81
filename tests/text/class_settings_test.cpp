#include "text/class_settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace automodel::text {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// A file whose steps are no class's.
Json file(const char* model = "BPE") {
  return {{"added_tokens", Json::array({{{"id", 7}, {"content", "</s>"}}})},
          {"normalizer", {{"type", "Lowercase"}}},
          {"pre_tokenizer", {{"type", "Whitespace"}}},
          {"post_processor", {{"type", "ByteLevel"}}},
          {"model", {{"type", model}, {"vocab", {{"<s>", 3}}}, {"ignore_merges", true}}}};
}

ClassTokenizer with(const char* name, const Json& config = Json::object(),
                    const Json& tokenizer = file()) {
  return with_class_settings(name, tokenizer, parse_tokenizer_config(config, "test"));
}

std::string error(const char* name, const Json& config, const Json& tokenizer) {
  try {
    with(name, config, tokenizer);
  } catch (const Error& found) {
    return found.message();
  }
  return "";
}

TEST(ClassSettings, StepsAreTheClasss) {
  const auto made = with("LlamaTokenizerX");
  EXPECT_EQ(made.tokenizer, file()) << "of no class that is known";
  EXPECT_EQ(with("").tokenizer, file());
  const auto llama = with("LlamaTokenizer").tokenizer;
  EXPECT_TRUE(llama["normalizer"].is_null());
  EXPECT_EQ(llama["pre_tokenizer"]["prepend_scheme"], "first");
  EXPECT_EQ(llama["model"]["byte_fallback"], true);
  EXPECT_EQ(llama["model"]["ignore_merges"], false);
  EXPECT_EQ(llama["model"]["vocab"], file()["model"]["vocab"]);
  EXPECT_EQ(llama["post_processor"], file()["post_processor"]) << "it has none of its own";
}

TEST(ClassSettings, BlanksAsTheSettingsSay) {
  const auto scheme = [](const Json& config) {
    return with("LlamaTokenizer", config).tokenizer["pre_tokenizer"]["prepend_scheme"];
  };
  EXPECT_EQ(scheme({{"legacy", true}}), "always");
  EXPECT_EQ(scheme({{"legacy", nullptr}}), "first");
  EXPECT_EQ(scheme({{"legacy", true}, {"add_prefix_space", false}}), "never");
  const auto prefix = [](const Json& config) {
    return with("GPT2Tokenizer", config).tokenizer["pre_tokenizer"]["add_prefix_space"];
  };
  EXPECT_EQ(prefix({{"add_prefix_space", true}}), true);
  EXPECT_EQ(prefix(Json::object()), false);
  EXPECT_EQ(error("GPT2Tokenizer", {{"add_prefix_space", "yes"}}, file()),
            "tokenizer_config.json: add_prefix_space must be true or false, found \"yes\"");
}

TEST(ClassSettings, LettersOfTheBertFamily) {
  for (const char* name : {"BertTokenizer", "ElectraTokenizer", "DistilBertTokenizer"}) {
    const auto normalizer = [&](const Json& config) {
      return with(name, config, file("WordPiece")).tokenizer["normalizer"];
    };
    EXPECT_EQ(normalizer(Json::object())["lowercase"], true);
    EXPECT_TRUE(normalizer(Json::object())["strip_accents"].is_null());
    const Json keys = {
        {"do_lower_case", false}, {"strip_accents", true}, {"tokenize_chinese_chars", false}};
    EXPECT_EQ(normalizer(keys)["lowercase"], false);
    EXPECT_EQ(normalizer(keys)["strip_accents"], true);
    EXPECT_EQ(normalizer(keys)["handle_chinese_chars"], false);
  }
}

TEST(ClassSettings, TokensThatAreNotGiven) {
  EXPECT_EQ(with("LlamaTokenizer").config.eos_token, "</s>");
  EXPECT_EQ(with("LlamaTokenizer").config.raw["eos_token"], "</s>");
  EXPECT_EQ(with("LlamaTokenizer", {{"eos_token", "<e>"}}).config.eos_token, "<e>");
  EXPECT_EQ(with("LlamaTokenizer", {{"eos_token", nullptr}}).config.eos_token, std::nullopt);
  EXPECT_EQ(with("Qwen2Tokenizer").config.bos_token, std::nullopt);
  EXPECT_EQ(with("SomeTokenizer").config.eos_token, std::nullopt);
  const auto extra = [](const char* name, const char* model, const Json& config) {
    return with(name, config, file(model)).config.raw.value("additional_special_tokens", Json());
  };
  EXPECT_EQ(extra("T5Tokenizer", "Unigram", {{"extra_ids", 2}}),
            Json({"<extra_id_0>", "<extra_id_1>"}));
  EXPECT_TRUE(extra("T5Tokenizer", "Unigram", {{"extra_special_tokens", {"x"}}}).is_null());
  EXPECT_EQ(extra("T5Tokenizer", "Unigram", {{"extra_special_tokens", {{"a", "x"}}}}).size(), 100);
  const auto code = with("CodeLlamaTokenizer", {{"fill_token", nullptr}}).config.raw;
  EXPECT_EQ(code["eot_token"], "▁<EOT>");
  EXPECT_TRUE(code["fill_token"].is_null());
  EXPECT_EQ(code["additional_special_tokens"].size(), 4);
  EXPECT_EQ(extra("CodeLlamaTokenizer", "BPE", {{"fill_token", "F"}}).size(), 5);
  EXPECT_THAT(error("T5Tokenizer", {{"extra_ids", -1}}, file("Unigram")),
              HasSubstr("extra_ids must be a number from 0 to 100000, found -1"));
}

TEST(ClassSettings, IdsOfTheTokensAroundATextAreLookedUp) {
  const Json pieces = Json::array({Json::array({"<s>", 0.0}), Json::array({"a", -1.0})});
  Json tokenizer = file("Unigram");
  tokenizer["model"]["vocab"] = pieces;
  const auto step =
      with_special_ids(with("XLMRobertaTokenizer", Json::object(), tokenizer).tokenizer, "a.json");
  const Json& tokens = step["post_processor"]["special_tokens"];
  EXPECT_EQ(tokens["</s>"]["ids"], Json::array({7}));
  EXPECT_EQ(tokens["<s>"]["ids"], Json::array({0}));
  EXPECT_EQ(tokens["<s>"]["tokens"], Json::array({"<s>"}));
  EXPECT_EQ(with_special_ids(file(), "a.json"), file());
  try {
    with_special_ids(with("BertTokenizer", Json::object(), file("WordPiece")).tokenizer, "a.json");
    FAIL() << "read";
  } catch (const Error& found) {
    EXPECT_THAT(found.message(),
                HasSubstr("a.json: the tokenizer_class of tokenizer_config.json puts "
                          "'[CLS]' around texts, which is not a token"));
  }
}

TEST(ClassSettings, WhatIsNotKnownIsRefused) {
  EXPECT_THAT(error("AlbertTokenizer", Json::object(), file()),
              HasSubstr("tokenizer_class is AlbertTokenizer: Transformers builds such a tokenizer "
                        "from the vocabulary, with steps that are not known here"));
  EXPECT_THAT(error("GPT2Tokenizer", Json::object(), file("Unigram")),
              HasSubstr("tokenizer_class is GPT2Tokenizer, whose vocabulary is one of BPE, but "
                        "that of tokenizer.json is \"Unigram\"; if that file is right, set"));
}

}  // namespace
}  // namespace automodel::text
