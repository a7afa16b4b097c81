#include "text/tokenizer_class.h"

#include <gtest/gtest.h>

namespace automodel::text {
namespace {

std::string taken(const Json& named, const char* model_type,
                  const Json& tokenizer = Json::object()) {
  return tokenizer_class(parse_tokenizer_config({{"tokenizer_class", named}}, "test"),
                         {{"model_type", model_type}}, tokenizer);
}

TEST(TokenizerClass, IsTheFoldersOrElseTheTypes) {
  EXPECT_EQ(taken("LlamaTokenizerFast", "llama"), "LlamaTokenizer");
  EXPECT_EQ(taken(nullptr, "llama"), "");
  EXPECT_EQ(taken(nullptr, "gpt2"), "GPT2Tokenizer");
  EXPECT_EQ(taken("CodeGenTokenizer", "phi"), "CodeGenTokenizer");
  EXPECT_EQ(taken("PreTrainedTokenizerFast", "phi"), "");
  EXPECT_EQ(taken("PreTrainedTokenizerFast", "qwen2"), "Qwen2Tokenizer") << "known to be wrong";
  EXPECT_EQ(taken("LlamaTokenizer", "mistral"), "") << "the file counts";
  const TokenizerConfig silent;
  EXPECT_EQ(tokenizer_class(silent, {{"tokenizer_class", "T5Tokenizer"}}, Json::object()),
            "T5Tokenizer");
  EXPECT_EQ(tokenizer_class(silent, Json::object(), Json::object()), "");
}

TEST(TokenizerClass, AFileOfBytesIsNoLlamas) {
  const Json bytes = {{"decoder", {{"type", "ByteLevel"}}}};
  EXPECT_EQ(taken("LlamaTokenizer", "llama", bytes), "");
  EXPECT_EQ(taken("GPT2Tokenizer", "gpt2", bytes), "GPT2Tokenizer");
}

TEST(TokenizerClass, BatchesStayThoseOfAReplacedClass) {
  const Json names = {"input_ids", "attention_mask"};
  EXPECT_EQ(file_class_keys(Json::object(), "GPT2Tokenizer"),
            Json({{"tokenizer_class", "PreTrainedTokenizerFast"}, {"model_input_names", names}}));
  EXPECT_EQ(file_class_keys(Json::object(), "LlamaTokenizerFast"),
            Json({{"tokenizer_class", "PreTrainedTokenizerFast"},
                  {"model_input_names", names},
                  {"padding_side", "left"}}));
  const Json said = {{"model_input_names", {"input_ids"}}, {"padding_side", "right"}};
  EXPECT_EQ(file_class_keys(said, "LlamaTokenizer"),
            Json({{"tokenizer_class", "PreTrainedTokenizerFast"}}));
}

}  // namespace
}  // namespace automodel::text
