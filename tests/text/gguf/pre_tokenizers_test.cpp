#include "text/gguf/pre_tokenizers.h"

#include <gmock/gmock.h>

#include "base/text.h"
#include "tests/text/tokenizer/small.h"

namespace automodel::text {
namespace {

using ::testing::ElementsAre;

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

TEST(GgufPreTokenizers, OtherHabits) {
  EXPECT_THAT(split("tiny_aya", "a 1234567"), ElementsAre("a", " ", "1", "234", "567"));
  EXPECT_THAT(split("viking", "ab 12"), ElementsAre("ab", " ", "1", "2"));
  EXPECT_THAT(split("bloom", "ab, c"), ElementsAre("ab", ",", " c"));
  EXPECT_THAT(split("laguna", "a\nb"), ElementsAre("a", "\n", "b"));
  EXPECT_THAT(split("superbpe", "a bc 1234"), ElementsAre("a bc ", "1", "234"));
  EXPECT_THAT(split("exaone-moe", "go on 12"), ElementsAre("go on", " ", "1", "2"));
  EXPECT_THAT(split("spark2_5", "1234\n\n"), ElementsAre("1", "2", "3", "4", "\n", "\n"));
  EXPECT_THAT(split("jais-2", "a     b"), ElementsAre("a", "    ", " b"));
}

TEST(GgufPreTokenizers, EveryNameCompiles) {
  const std::string error =
      error_of(ErrorKind::unsupported, [] { gguf_pre_tokenizer("magic", "m.gguf"); });
  const std::string start = "m.gguf: tokenizer.ggml.pre 'magic' is not supported; known are ";
  ASSERT_TRUE(error.starts_with(start)) << error;
  std::vector<std::string> names = automodel::split(error.substr(start.size()), ',');
  EXPECT_GT(names.size(), 70U);
  for (const std::string& name : names) {
    const auto parts = split(name.starts_with(' ') ? name.substr(1) : name, "a b");
    EXPECT_EQ(join(parts, ""), "a b") << name;
  }
}

TEST(GgufPreTokenizers, RowsSayMoreThanTheExpression) {
  EXPECT_TRUE(gguf_pre_tokenizer("llama-bpe", "").ignore_merges);
  EXPECT_TRUE(gguf_pre_tokenizer("llama-bpe", "").adds_bos);
  EXPECT_FALSE(gguf_pre_tokenizer("llama-bpe", "").adds_eos);
  EXPECT_TRUE(gguf_pre_tokenizer("roberta-bpe", "").adds_eos);
  EXPECT_FALSE(gguf_pre_tokenizer("smollm", "").ignore_merges);
  EXPECT_EQ(gguf_pre_tokenizer("qwen2", "").normalizer["type"], "NFC");
}

}  // namespace
}  // namespace automodel::text
