#include "text/token_difference.h"

#include <gmock/gmock.h>

#include <filesystem>

#include "base/file.h"
#include "tests/text/formats/byte_tokens.h"
#include "text/tokenizer_files.h"

namespace automodel::text {
namespace {

namespace fs = std::filesystem;

Json byte_level() {
  return {{"type", "ByteLevel"},
          {"add_prefix_space", false},
          {"trim_offsets", false},
          {"use_regex", true}};
}

Json single_digits() {
  return {{"type", "Sequence"},
          {"pretokenizers", {Json{{"type", "Digits"}, {"individual_digits", true}}, byte_level()}}};
}

/// Bytes, and a number that is one token.
Json tokenizer_json(const Json& pre_tokenizer) {
  Json out = byte_tokenizer();
  auto& model = out["model"];
  model["vocab"]["20"] = 300;
  model["merges"] = Json::array({Json::array({"2", "0"})});
  out["pre_tokenizer"] = pre_tokenizer;
  return out;
}

Tokenizer tokenizer(const Json& pre_tokenizer) {
  return Tokenizer::from_json(tokenizer_json(pre_tokenizer), "test");
}

TEST(TokenDifference, ShowsWhatBothMakeOfAText) {
  EXPECT_EQ(token_difference(tokenizer(byte_level()), tokenizer(single_digits()), "by the file"),
            "\"In 2024\" is [\"I\",\"n\",\"\u0120\",\"20\",\"2\",\"4\"], by the file "
            "[\"I\",\"n\",\"\u0120\",\"2\",\"0\",\"2\",\"4\"]");
  EXPECT_EQ(token_difference(tokenizer(byte_level()), tokenizer(byte_level()), "by", {"</s>"}), "");
}

TEST(TokenDifference, ShowsIdsWhereTokensReadAlike) {
  const auto with = [](int id) {
    Json json = tokenizer_json(byte_level());
    json["added_tokens"] = Json::array({{{"content", "<x>"}, {"id", id}}});
    return Tokenizer::from_json(json, "test");
  };
  EXPECT_EQ(token_difference(with(400), with(401), "by the file", {"<x>"}),
            "\"one<x>two\" is [111,110,101,400,116,119,111], by the file "
            "[111,110,101,401,116,119,111]");
}

TEST(TokenDifference, StepsAreComparedWithoutWhatChangesNothing) {
  Json brief = byte_level();
  brief.erase("use_regex");
  brief["trim_offsets"] = true;
  EXPECT_EQ(cutting_steps(tokenizer_json(brief)), cutting_steps(tokenizer_json(byte_level())));
  EXPECT_NE(cutting_steps(tokenizer_json(single_digits())),
            cutting_steps(tokenizer_json(byte_level())));
  EXPECT_EQ(cutting_steps(Json::array()), cutting_steps(Json::object()));
}

/// SmolLM2's folder: numbers are cut by the file and not by the class.
TEST(TokenDifference, AFolderWhoseClassDiffersTellsIt) {
  const auto folder = fs::path(::testing::TempDir()) / "token_difference";
  remove_tree(folder);
  fs::create_directories(folder);
  const auto difference = [&](const Json& pre_tokenizer, const char* name) {
    write_file_atomic(folder / "tokenizer.json", tokenizer_json(pre_tokenizer).dump());
    write_file_atomic(folder / "tokenizer_config.json", Json{{"tokenizer_class", name}}.dump());
    return load_tokenizer(folder).class_difference;
  };
  EXPECT_THAT(difference(single_digits(), "GPT2Tokenizer"),
              ::testing::StartsWith("\"In 2024\" is "));
  EXPECT_EQ(difference(byte_level(), "GPT2Tokenizer"), "");
  EXPECT_EQ(difference(single_digits(), "PreTrainedTokenizerFast"), "");
  remove_tree(folder);
}

}  // namespace
}  // namespace automodel::text
