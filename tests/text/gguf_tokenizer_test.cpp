#include "text/gguf_tokenizer.h"

#include <gmock/gmock.h>

#include "tests/text/gguf_tokenizer_of.h"
#include "text/tokenizer_config.h"

namespace automodel::text {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

GgufVocabulary byte_level() {
  GgufVocabulary v{.model = "gpt2", .pre = "smollm"};
  v.tokens = {"<|end|>", "a", "b", "\u0120", "1", "2", "ab", "\u0120a", "<tool>", "12"};
  v.token_types = {3, 1, 1, 1, 1, 1, 1, 1, 4, 1};
  v.merges = {"a b", "\u0120 a", "1 2"};
  v.bos_id = 0;
  v.eos_id = 0;
  v.chat_templates["default"] = "T";
  return v;
}

TEST(GgufTokenizer, ByteLevelVocabularies) {
  const Tokenizer tokenizer = tokenizer_of(byte_level());
  EXPECT_THAT(tokenizer.encode("ab a12<|end|><tool>").ids, ElementsAre(6, 7, 4, 5, 0, 8));
  EXPECT_TRUE(tokenizer.is_special(0));
  EXPECT_FALSE(tokenizer.is_special(8));
  EXPECT_EQ(tokenizer.decode(tokenizer.encode("ab a12").ids), "ab a12");
}

TEST(GgufTokenizer, ConfigHasTokensAndTemplate) {
  const auto config = parse_tokenizer_config(
      tokenizer_from_gguf(byte_level(), "llama", "m.gguf").tokenizer_config, "c");
  EXPECT_EQ(config.bos_token, "<|end|>");
  EXPECT_EQ(config.eos_token, "<|end|>");
  EXPECT_EQ(config.pad_token, std::nullopt);
  EXPECT_EQ(config.add_bos_token, false);
  EXPECT_EQ(config.chat_templates.at("default"), "T");
}

TEST(GgufTokenizer, NamedTemplatesAreKept) {
  GgufVocabulary v = byte_level();
  v.chat_templates["tool_use"] = "U";
  const auto config =
      parse_tokenizer_config(tokenizer_from_gguf(v, "llama", "m.gguf").tokenizer_config, "c");
  EXPECT_EQ(config.chat_templates,
            (std::map<std::string, std::string>{{"default", "T"}, {"tool_use", "U"}}));
}

TEST(GgufTokenizer, BosAndEosAreAddedAsTheFileSays) {
  GgufVocabulary v = byte_level();
  v.add_bos = true;
  v.add_eos = true;
  v.eos_id = 8;
  EXPECT_THAT(tokenizer_of(v).encode("a").ids, ElementsAre(0, 1, 8));
  v.add_bos.reset();
  v.add_eos.reset();
  v.pre = "llama-bpe";  // adds bos unless told otherwise
  EXPECT_THAT(tokenizer_of(v).encode("a").ids, ElementsAre(0, 1));
}

TEST(GgufTokenizer, UnknownKindsAreRefused) {
  const auto unsupported = [](const GgufVocabulary& v) {
    return error_of(ErrorKind::unsupported, [&] { tokenizer_from_gguf(v, "llama", "m.gguf"); });
  };
  GgufVocabulary v = byte_level();
  v.model = "rwkv";
  EXPECT_EQ(unsupported(v),
            "m.gguf: tokenizer.ggml.model 'rwkv' is not supported; known are gpt2, llama, gemma4, "
            "bert, t5");
  v = byte_level();
  v.pre = "new-thing";
  EXPECT_THAT(
      unsupported(v),
      HasSubstr(
          "m.gguf: tokenizer.ggml.pre 'new-thing' is not supported; known are default, gpt-2"));
}

TEST(GgufTokenizer, AByteLevelVocabularyHasToSayHowTextsAreCut) {
  GgufVocabulary v = byte_level();
  v.pre.clear();
  EXPECT_THAT(error_of(ErrorKind::unsupported, [&] { tokenizer_from_gguf(v, "llama", "m.gguf"); }),
              AllOf(HasSubstr("m.gguf: the byte-level vocabulary has no tokenizer.ggml.pre"),
                    HasSubstr("gguf-new-metadata --pre-tokenizer NAME"),
                    HasSubstr("dataset.tokenizer.pretrained_model_name_or_path")));
  EXPECT_THAT(tokenizer_of(v, "gpt2").encode("12").ids, ElementsAre(9));  // GPT-2's own
}

TEST(GgufTokenizer, DamageIsNamed) {
  const auto corrupt = [](const GgufVocabulary& v) {
    return error_of(ErrorKind::corrupt_data, [&] { tokenizer_from_gguf(v, "llama", "m.gguf"); });
  };
  EXPECT_EQ(corrupt({.model = "gpt2"}), "m.gguf: there are no tokenizer.ggml.tokens");
  GgufVocabulary v = byte_level();
  v.bos_id = 10;
  EXPECT_EQ(corrupt(v),
            "m.gguf: the id 10 of the bos_token is outside the vocabulary of 10 tokens");
  v = byte_level();
  v.token_types.pop_back();
  EXPECT_EQ(corrupt(v), "m.gguf: 9 token types for 10 tokens");
  v = byte_level();
  v.merges.emplace_back("ab");
  EXPECT_EQ(corrupt(v), "m.gguf: merge 3 is not two tokens with a space between them");
  v = byte_level();
  v.tokens[1] = "\xff";
  EXPECT_EQ(corrupt(v), "m.gguf: token 1 is not valid UTF-8");
  v = byte_level();
  v.tokens[1] = "b";
  EXPECT_EQ(corrupt(v), "m.gguf: tokenizer.ggml.tokens: token 'b' is there twice");
  v = byte_level();
  v.add_bos = true;
  v.bos_id.reset();
  EXPECT_EQ(corrupt(v), "m.gguf: it adds the bos token but does not say which it is");
}

}  // namespace
}  // namespace automodel::text
