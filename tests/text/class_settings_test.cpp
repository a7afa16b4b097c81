#include "text/class_settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace automodel::text {
namespace {

Json with(const Json& tokenizer, const Json& config) {
  return with_class_settings(tokenizer, parse_tokenizer_config(config, "test"));
}

TEST(ClassSettings, CaseAndAccentsOfTheBertFamily) {
  const Json bert = {{"normalizer",
                      {{"type", "BertNormalizer"},
                       {"handle_chinese_chars", true},
                       {"strip_accents", nullptr},
                       {"lowercase", true}}}};
  const Json keys = {
      {"do_lower_case", false}, {"strip_accents", true}, {"tokenize_chinese_chars", false}};
  for (const char* name : {"BertTokenizer", "BertTokenizerFast", "ElectraTokenizer"}) {
    Json config = keys;
    config["tokenizer_class"] = name;
    const Json normalizer = with(bert, config)["normalizer"];
    EXPECT_EQ(normalizer["lowercase"], false);
    EXPECT_EQ(normalizer["strip_accents"], true);
    EXPECT_EQ(normalizer["handle_chinese_chars"], false);
    EXPECT_EQ(with(bert, {{"tokenizer_class", name}}), bert) << "without the keys";
  }
  Json config = keys;
  config["tokenizer_class"] = "PreTrainedTokenizerFast";
  EXPECT_EQ(with(bert, config), bert);
  const Json other = {{"normalizer", {{"type", "NFC"}}}};
  config["tokenizer_class"] = "BertTokenizer";
  EXPECT_EQ(with(other, config), other);
  EXPECT_EQ(with({{"normalizer", nullptr}}, config), (Json{{"normalizer", nullptr}}));
}

TEST(ClassSettings, ABlankBeforeATextOfBytes) {
  const Json bytes = {{"type", "ByteLevel"}, {"add_prefix_space", false}};
  const Json steps = {{"type", "Sequence"},
                      {"pretokenizers", Json::array({{{"type", "Digits"}}, bytes})}};
  const Json config = {{"tokenizer_class", "Qwen2TokenizerFast"}, {"add_prefix_space", true}};
  EXPECT_EQ(with({{"pre_tokenizer", bytes}}, config)["pre_tokenizer"]["add_prefix_space"], true);
  const Json inner = with({{"pre_tokenizer", steps}}, config)["pre_tokenizer"]["pretokenizers"];
  EXPECT_EQ(inner[1]["add_prefix_space"], true);
  EXPECT_FALSE(inner[0].contains("add_prefix_space"));
  const Json llama = {{"tokenizer_class", "LlamaTokenizerFast"}, {"add_prefix_space", true}};
  EXPECT_EQ(with({{"pre_tokenizer", bytes}}, llama)["pre_tokenizer"], bytes);
  const Json null = {{"tokenizer_class", "Qwen2Tokenizer"}, {"add_prefix_space", nullptr}};
  EXPECT_EQ(with({{"pre_tokenizer", bytes}}, null)["pre_tokenizer"], bytes);
}

TEST(ClassSettings, AValueOfAnotherKindIsNamed) {
  const Json bytes = {{"pre_tokenizer", {{"type", "ByteLevel"}, {"add_prefix_space", false}}}};
  try {
    with(bytes, {{"tokenizer_class", "GPT2Tokenizer"}, {"add_prefix_space", "yes"}});
    FAIL() << "read";
  } catch (const Error& error) {
    EXPECT_EQ(error.message(),
              "tokenizer_config.json: add_prefix_space must be true or false, found \"yes\"");
  }
}

}  // namespace
}  // namespace automodel::text
