#include "text/tokenizer_config.h"

#include <gmock/gmock.h>

#include <filesystem>

#include "base/error.h"
#include "base/file.h"

namespace automodel::text {
namespace {

namespace fs = std::filesystem;

class Folder {
 public:
  Folder()
      : path_(fs::path(::testing::TempDir()) /
              fmt::format("config_{}",
                          ::testing::UnitTest::GetInstance()->current_test_info()->name())) {
    fs::remove_all(path_);
    fs::create_directories(path_ / "additional_chat_templates");
  }
  ~Folder() { fs::remove_all(path_); }
  const Folder& with(const char* name, std::string_view text) const {
    write_file_atomic(path_ / name, text);
    return *this;
  }
  TokenizerConfig read() const { return read_tokenizer_config(path_); }

 private:
  fs::path path_;
};

TEST(TokenizerConfig, ReadsTokensFlagsAndTemplate) {
  const auto config = parse_tokenizer_config(
      Json::parse(
          R"({"bos_token": {"content": "<s>", "lstrip": false}, "eos_token": "</s>", "pad_token": null,
                      "add_bos_token": true, "chat_template": "T", "model_max_length": 2048, "truncation_side": "left",
                      "tokenizer_class": "LlamaTokenizer", "other": 1})"),
      "x");
  EXPECT_EQ(config.bos_token, "<s>");
  EXPECT_EQ(config.eos_token, "</s>");
  EXPECT_EQ(config.pad_token, std::nullopt);
  EXPECT_EQ(config.unk_token, std::nullopt);
  EXPECT_EQ(config.add_bos_token, true);
  EXPECT_EQ(config.add_eos_token, std::nullopt);
  EXPECT_THAT(config.chat_templates, ::testing::ElementsAre(::testing::Pair("default", "T")));
  EXPECT_EQ(config.model_max_length, 2048);
  EXPECT_EQ(config.cuts_beginning, true);
  EXPECT_EQ(config.tokenizer_class, "LlamaTokenizer");
  EXPECT_EQ(config.raw["other"], 1);
}

TEST(TokenizerConfig, ReadsNamedTemplates) {
  const auto config = parse_tokenizer_config(
      Json::parse(
          R"({"chat_template": [{"name": "default", "template": "A"}, {"name": "tool_use", "template": "B"}]})"),
      "x");
  EXPECT_THAT(config.chat_templates, ::testing::ElementsAre(::testing::Pair("default", "A"),
                                                            ::testing::Pair("tool_use", "B")));
}

TEST(TokenizerConfig, AHugeLengthMeansNoLimit) {
  EXPECT_EQ(parse_tokenizer_config(
                Json::parse(R"({"model_max_length": 1000000000000000019884624838656})"), "x")
                .model_max_length,
            std::nullopt);
}

TEST(TokenizerConfig, SpecialTokensMapCounts) {
  const char* map = R"({"eos_token": "B", "pad_token": {"content": "P"},
                        "extra_special_tokens": ["y"]})";
  const auto config =
      Folder()
          .with("tokenizer_config.json", R"({"eos_token": "A", "extra_special_tokens": ["x"]})")
          .with("special_tokens_map.json", map)
          .read();
  EXPECT_EQ(config.eos_token, "B");
  EXPECT_EQ(config.pad_token, "P");
  EXPECT_EQ(config.raw["additional_special_tokens"], Json::array({"x", "y"}));
  const auto listed =
      Folder()
          .with("tokenizer_config.json", R"({"eos_token": "A", "added_tokens_decoder": {}})")
          .with("special_tokens_map.json", map)
          .read();
  EXPECT_EQ(listed.eos_token, "A");
  EXPECT_EQ(listed.pad_token, std::nullopt);
}

TEST(TokenizerConfig, TemplateFilesBeatTheConfig) {
  const Folder folder;
  folder.with("tokenizer_config.json", R"({"chat_template": "config"})");
  EXPECT_EQ(folder.read().chat_templates.at("default"), "config");
  folder.with("chat_template.jinja", "jinja").with("additional_chat_templates/rag.jinja", "rag");
  EXPECT_THAT(
      folder.read().chat_templates,
      ::testing::ElementsAre(::testing::Pair("default", "jinja"), ::testing::Pair("rag", "rag")));
}

TEST(TokenizerConfig, AProcessorsTemplateCountsWhereTheTokenizerHasNone) {
  const Folder folder;
  folder.with("chat_template.json", R"({"chat_template": "json"})");
  EXPECT_EQ(folder.read().chat_templates.at("default"), "json");
  folder.with("tokenizer_config.json", R"({"chat_template": "config"})");
  EXPECT_EQ(folder.read().chat_templates.at("default"), "config");
  folder.with("tokenizer_config.json", "{}").with("additional_chat_templates/rag.jinja", "rag");
  EXPECT_FALSE(folder.read().chat_templates.contains("default"));
}

TEST(TokenizerConfig, NothingThereIsFine) { EXPECT_TRUE(Folder().read().chat_templates.empty()); }

TEST(TokenizerConfig, WrongTypesAreNamed) {
  const auto message = [](const char* text) {
    try {
      parse_tokenizer_config(Json::parse(text), "x");
    } catch (const Error& error) {
      return error.message();
    }
    return std::string();
  };
  EXPECT_EQ(message(R"({"bos_token": 7})"), "x.bos_token: expected a string, found 7");
  EXPECT_EQ(message(R"({"bos_token": {}})"), "x.bos_token: member 'content' is missing");
  EXPECT_EQ(message(R"({"add_bos_token": "yes"})"),
            "x.add_bos_token: expected true or false, found \"yes\"");
  EXPECT_EQ(message(R"({"chat_template": [{"name": "a"}]})"),
            "x.chat_template[0]: member 'template' is missing");
  EXPECT_EQ(message(R"({"model_max_length": 0})"),
            "x.model_max_length: expected a number above 0, found 0");
}

}  // namespace
}  // namespace automodel::text
