#include "text/gguf/pre_tokenizers.h"

#include <gmock/gmock.h>

#include "tests/text/tokenizer/small.h"

namespace automodel::text {
namespace {

using testing::ElementsAre;

std::vector<std::string> split(std::string_view name, const std::string& text) {
  return pieces(gguf_pre_tokenizer(name, "m.gguf").pre_tokenizer, text);
}

TEST(GgufPreTokenizers, DigitsAreGroupedAsTheModelLearnedThem) {
  EXPECT_THAT(split("gpt-2", "x  1234"), ElementsAre("x", " ", " 1234"));
  EXPECT_THAT(split("smollm", "x  12"), ElementsAre("x", "  ", "1", "2"));
  EXPECT_THAT(split("llama-bpe", "x 1234"), ElementsAre("x", " ", "123", "4"));
  EXPECT_THAT(split("qwen2", "x 12"), ElementsAre("x", " ", "1", "2"));
  EXPECT_THAT(split("falcon", "x 1234"), ElementsAre("x", " ", "123", "4"));
  EXPECT_THAT(split("deepseek-coder", "x 12"), ElementsAre("x", " ", "1", "2"));
  EXPECT_THAT(split("deepseek-v3", "x 1234"), ElementsAre("x", " ", "123", "4"));
}

TEST(GgufPreTokenizers, WordsAndCase) {
  EXPECT_THAT(split("gpt-4o", "HelloWorld it'S"), ElementsAre("Hello", "World", " it'S"));
  EXPECT_THAT(split("tekken", "HelloWorld's"), ElementsAre("Hello", "World", "'s"));
  EXPECT_THAT(split("deepseek-llm", "a b\n中文か"), ElementsAre("a", " b", "\n", "中文か"));
  EXPECT_THAT(split("qwen35", "a हिं"), ElementsAre("a", " हिं"));
}

TEST(GgufPreTokenizers, EveryNameCompiles) {
  for (const char* name : {"", "default", "phi-2", "mpt", "olmo", "starcoder", "refact",
                           "command-r", "llama3", "llama-v3", "falcon3", "lfm2", "dbrx",
                           "smaug-bpe", "deepseek-r1-qwen", "stablelm2", "llama4"}) {
    EXPECT_THAT(split(name, "a b"), ElementsAre("a", " b")) << name;
  }
  EXPECT_TRUE(gguf_pre_tokenizer("llama-bpe", "").ignore_merges);
  EXPECT_TRUE(gguf_pre_tokenizer("llama-bpe", "").adds_bos);
  EXPECT_FALSE(gguf_pre_tokenizer("smollm", "").ignore_merges);
  EXPECT_EQ(gguf_pre_tokenizer("qwen2", "").normalizer["type"], "NFC");
}

}  // namespace
}  // namespace automodel::text
