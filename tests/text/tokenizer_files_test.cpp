#include "text/tokenizer_files.h"

#include <gmock/gmock.h>

#include <array>
#include <filesystem>
#include <utility>

#include "base/error.h"
#include "base/file.h"
#include "tests/text/formats/byte_tokens.h"
#include "tests/text/mistral_tokenizer.h"
#include "text/class_steps.h"

namespace automodel::text {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// A folder that is gone with its test.
class TokenizerFolder : public ::testing::Test {
 protected:
  TokenizerFolder()
      : folder_(fs::path(::testing::TempDir()) /
                ::testing::UnitTest::GetInstance()->current_test_info()->name()) {
    remove_tree(folder_);
    fs::create_directories(folder_);
  }
  ~TokenizerFolder() override { remove_tree(folder_); }

  void write(const std::string& name, const std::string& content) const {
    write_file_atomic(folder_ / name, content);
  }

  fs::path folder_;
};

std::string ranks() {
  std::string text;
  int rank = 0;
  for (const std::string& token : byte_tokens({})) {
    text += fmt::format("{} {}\n", encode_base64(token), rank++);
  }
  return text;
}

TEST_F(TokenizerFolder, ATokenizerJsonThatIsNoObject) {
  for (const char* json : {"[]", "7", R"({"added_tokens": 7})", R"({"added_tokens": ["x"]})"}) {
    write("tokenizer.json", json);
    write("added_tokens.json", R"({"x": 1})");
    EXPECT_THROW(load_tokenizer(folder_), Error) << json;
  }
}

TEST_F(TokenizerFolder, TokenizerJsonComesFirst) {
  write("tokenizer.json", byte_tokenizer().dump());
  write("tokenizer.model", ranks());
  EXPECT_EQ(tokenizer_file_in(folder_).filename(), "tokenizer.json");
  EXPECT_EQ(load_tokenizer(folder_).tokenizer.token_to_id("\u0120"), 32);
  EXPECT_EQ(load_tokenizer(folder_ / "tokenizer.model").tokenizer.vocab_size(), 256);
}

TEST_F(TokenizerFolder, RanksMayHaveSentencepiecesName) {
  write("tokenizer.model", ranks());
  write("tokenizer_config.json",
        R"({"eos_token": "</s>", "added_tokens_decoder": {"256": {"content": "</s>"}}})");
  const LoadedTokenizer loaded = load_tokenizer(folder_);
  EXPECT_EQ(loaded.config.eos_token, "</s>");
  EXPECT_EQ(loaded.tokenizer.token_to_id("</s>"), 256);
  EXPECT_TRUE(loaded.tokenizer.is_special(256));
}

TEST_F(TokenizerFolder, WhatTheConfigSaysIsApplied) {
  write("tokenizer.json", byte_tokenizer().dump());
  write("tokenizer_config.json", R"({"eos_token": "</s>"})");
  EXPECT_EQ(load_tokenizer(folder_).tokenizer.encode("</s>").ids, std::vector<std::int32_t>{127});
  write("tokenizer_config.json", R"({"eos_token": "</s>", "split_special_tokens": true})");
  EXPECT_EQ(load_tokenizer(folder_).tokenizer.encode("</s>").ids.size(), 4U);
}

TEST_F(TokenizerFolder, WithoutATokenizerJsonTheConfigSaysWhatIsAroundAText) {
  const auto ids = [&](const char* asked) {
    write("tokenizer_config.json",
          fmt::format(R"({{"bos_token": "<s>", "eos_token": "</s>"{}}})", asked));
    const LoadedTokenizer loaded = load_tokenizer(folder_);
    return loaded.tokenizer.encode("a").ids;
  };
  write("tokenizer.model", ranks());
  EXPECT_THAT(ids(""), ElementsAre('a'));
  EXPECT_THAT(ids(R"(, "add_bos_token": true)"), ElementsAre(256, 'a'));
  EXPECT_THAT(ids(R"(, "add_bos_token": true, "add_eos_token": true)"), ElementsAre(256, 'a', 257));
  EXPECT_THAT(ids(R"(, "add_bos_token": false, "add_eos_token": true)"), ElementsAre('a', 257));
  write("tokenizer.json", byte_tokenizer().dump());
  EXPECT_THAT(ids(R"(, "add_bos_token": true)"), ElementsAre('a')) << "the file has none";
}

/// As `tokenizers` leaves the two files that adds a token to a tokenizer.json by itself.
TEST_F(TokenizerFolder, TokensThatTheConfigLeavesOutAreNoneOfAClass) {
  Json tokenizer = byte_tokenizer();
  tokenizer["added_tokens"] = {{{"content", "<a>"}, {"id", 127}},
                               {{"content", "<obs>"}, {"id", 128}}};
  write("tokenizer.json", tokenizer.dump());
  const auto load = [&](const char* name, Json config) {
    config.update({{"tokenizer_class", name},
                   {"bos_token", "<a>"},
                   {"eos_token", "<a>"},
                   {"unk_token", "<a>"}});
    write("tokenizer_config.json", config.dump());
    return load_tokenizer(folder_);
  };
  const Json listed = {{"added_tokens_decoder", {{"127", {{"content", "<a>"}}}}}};
  const auto built = load("GPT2Tokenizer", listed);
  EXPECT_THAT(built.tokenizer.encode("<a><obs>").ids, ElementsAre(127, '<', 'o', 'b', 's', '>'));
  EXPECT_EQ(built.class_difference,
            R"("one<obs>two" is ["o","n","e","<","o","b","s",">","t","w","o"], )"
            R"(by the file ["o","n","e","<obs>","t","w","o"])");
  for (const auto& [name, config] : std::to_array<std::pair<const char*, Json>>(
           {{"GPT2Tokenizer", Json::object()}, {"PreTrainedTokenizerFast", listed}})) {
    const auto whole = load(name, config);
    EXPECT_THAT(whole.tokenizer.encode("<a><obs>").ids, ElementsAre(127, 128)) << name;
    EXPECT_EQ(whole.class_difference, "") << name;
  }
}

TEST_F(TokenizerFolder, AnOldMistralsExpressionIsToldOrFixed) {
  write("tokenizer.json", as_old_mistral(byte_tokenizer()).dump());
  write("config.json", R"({"model_type": "mistral", "transformers_version": "4.57.1"})");
  const auto told = load_tokenizer(folder_);
  ASSERT_TRUE(told.mistral_split);
  EXPECT_FALSE(told.mistral_split->is_fixed);
  EXPECT_EQ(told.mistral_split->difference,
            R"("'The' isOpen" is ["'","T","h","e","'","Ġ","i","s","O","p","e","n"], )"
            R"(with fix_mistral_regex ["'","Th","e","'","Ġ","i","s","O","p","e","n"])");
  write("tokenizer_config.json", R"({"fix_mistral_regex": true})");
  const auto fixed = load_tokenizer(folder_);
  ASSERT_TRUE(fixed.mistral_split);
  EXPECT_TRUE(fixed.mistral_split->is_fixed);
  EXPECT_THAT(fixed.tokenizer.encode("'The").ids, ElementsAre('\'', 1000, 'e'));
  write("tokenizer_config.json", R"({"fix_mistral_regex": false})");
  const auto kept = load_tokenizer(folder_);
  EXPECT_THAT(kept.tokenizer.encode("'The").ids, ElementsAre('\'', 'T', 'h', 'e'));
  EXPECT_EQ(kept.mistral_split->difference, "");
  fs::remove(folder_ / "config.json");
  EXPECT_FALSE(load_tokenizer(folder_).mistral_split);
}

/// Olmo 3's file cuts digits apart, the class that its folder names does not.
TEST_F(TokenizerFolder, CopiesBesideAnotherConfigSayWhatTheyAre) {
  Json tokenizer = byte_tokenizer();
  tokenizer["model"]["vocab"].update({{"12", 200}});
  tokenizer["model"]["merges"].push_back("1 2");
  tokenizer["pre_tokenizer"] = class_steps::pre_tokenizers(
      {{{"type", "Digits"}, {"individual_digits", true}}, class_steps::byte_level(false)});
  write("tokenizer.json", tokenizer.dump());
  Json config = {{"tokenizer_class", "GPT2Tokenizer"}, {"eos_token", "</s>"}};
  write("tokenizer_config.json", config.dump());
  const Json olmo = {{"model_type", "olmo3"}};
  const Json llama = {{"model_type", "llama"}};
  const auto ids = [&](const Json& beside) {
    return load_tokenizer(folder_, beside).tokenizer.encode("12").ids;
  };
  EXPECT_THAT(ids(olmo), ElementsAre('1', '2'));
  EXPECT_THAT(ids(nullptr), ElementsAre(200));
  EXPECT_FALSE(files_beside(folder_, olmo, {{"model_type", "phi3"}}));
  EXPECT_FALSE(files_beside(folder_, llama, nullptr));
  const auto named = files_beside(folder_, olmo, nullptr);
  ASSERT_TRUE(named);
  EXPECT_TRUE(named->tokenizer.is_null());
  Json keys = {{"tokenizer_class", "PreTrainedTokenizerFast"},
               {"model_input_names", {"input_ids", "attention_mask"}}};
  EXPECT_EQ(named->tokenizer_config, keys);

  const auto built = files_beside(folder_, nullptr, olmo);
  ASSERT_TRUE(built);
  keys.update({{"bos_token", "<|endoftext|>"}, {"unk_token", "<|endoftext|>"}});
  EXPECT_EQ(built->tokenizer_config, keys);
  config.update(built->tokenizer_config);
  write("tokenizer.json", built->tokenizer.dump());
  write("tokenizer_config.json", config.dump());
  for (const Json& beside : {Json(), olmo, llama}) {
    EXPECT_THAT(ids(beside), ElementsAre(200));
    EXPECT_TRUE(load_tokenizer(folder_, beside).tokenizer.token_to_id("<|endoftext|>"));
  }
}

/// OPT's and DialoGPT's form.
TEST_F(TokenizerFolder, VocabAndMergesAreCutByTheClass) {
  Json vocab = byte_tokenizer()["model"]["vocab"];
  vocab.update({{"ab", 200}, {"##", 201}, {"<|endoftext|>", 202}});
  write("vocab.json", vocab.dump());
  EXPECT_THAT(error_of(ErrorKind::not_found, [&] { load_tokenizer(folder_); }),
              HasSubstr("vocab.json is there without merges.txt"));
  write("config.json", R"({"model_type": "gpt2"})");
  write("merges.txt", "#version: 0.2\na b\nnothing\n");
  EXPECT_THAT(error_of(ErrorKind::corrupt_data, [&] { load_tokenizer(folder_); }),
              HasSubstr("vocab.json and merges.txt.model.merges[1]: expected two tokens"));
  write("config.json", "{}");
  write("merges.txt", "#version: 0.2\na b\r\n# #\n");
  EXPECT_THAT(error_of(ErrorKind::unsupported, [&] { load_tokenizer(folder_); }),
              HasSubstr("does not say how texts are cut"));
  write("config.json", R"({"model_type": "gpt2"})");
  const auto loaded = load_tokenizer(folder_);
  EXPECT_THAT(loaded.tokenizer.encode("ab## b<|endoftext|>").ids,
              ElementsAre(200, 201, 32, 'b', 202));
  EXPECT_EQ(loaded.tokenizer.decode(std::vector<std::int32_t>{200, 32, 'b'}), "ab b");
  EXPECT_EQ(loaded.config.eos_token, "<|endoftext|>");
  EXPECT_EQ(loaded.class_difference, "");
  write("tokenizer_config.json", R"({"add_bos_token": true})");
  EXPECT_THAT(load_tokenizer(folder_).tokenizer.encode("a").ids, ElementsAre(202, 'a'));
  EXPECT_THAT(error_of(ErrorKind::unsupported, [&] { load_tokenizer(folder_ / "vocab.json"); }),
              HasSubstr("give its folder"));
}

TEST_F(TokenizerFolder, OneThatHasNoneIsRefused) {
  EXPECT_EQ(error_of(ErrorKind::not_found, [&] { load_tokenizer(folder_); }),
            folder_.string() +
                " has no tokenizer; expected tokenizer.json, tekken.json, *.tiktoken, a "
                "sentencepiece *.model, or vocab.json and merges.txt");
  write("a.tiktoken", ranks());
  write("b.tiktoken", ranks());
  EXPECT_EQ(error_of(ErrorKind::invalid_argument, [&] { load_tokenizer(folder_); }),
            folder_.string() +
                " has more than one tokenizer: a.tiktoken and b.tiktoken; give the path of the one "
                "to use");
  write("x.bin", "");
  EXPECT_THAT(error_of(ErrorKind::unsupported, [&] { load_tokenizer(folder_ / "x.bin"); }),
              HasSubstr("x.bin: the name does not say which kind of tokenizer this is; expected"));
  EXPECT_THAT(error_of(ErrorKind::not_found, [&] { load_tokenizer(folder_ / "none.json"); }),
              HasSubstr("none.json"));
  write("x.gguf", "");
  EXPECT_THAT(error_of(ErrorKind::unsupported, [&] { load_tokenizer(folder_ / "x.gguf"); }),
              HasSubstr("x.gguf: give the folder that 'automodel convert "));
}

}  // namespace
}  // namespace automodel::text
