#include "text/gguf_tokenizer.h"

#include <gmock/gmock.h>

#include "base/error.h"
#include "text/tokenizer.h"

namespace automodel::text {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

GgufVocabulary byte_pairs() {
  GgufVocabulary out{.model = "gpt2", .pre = "smollm"};
  out.tokens = {"<|end|>", "a", "b", "ab", "1", "2"};
  out.token_types = {3, 1, 1, 1, 1, 1};
  out.merges = {"a b"};
  out.eos_id = 0;
  return out;
}

TEST(GgufTokenizer, BytePairsWithTheNamedPreTokenizer) {
  const auto made = tokenizer_from_gguf(byte_pairs(), "llama", "x.gguf");
  const auto tokenizer = Tokenizer::from_json(made.tokenizer, "x.gguf");
  EXPECT_EQ(tokenizer.encode("ab12<|end|>").ids, (std::vector<std::int32_t>{3, 4, 5, 0}));
  EXPECT_TRUE(tokenizer.is_special(0));
  EXPECT_EQ(made.tokenizer_config["eos_token"], "<|end|>");
}

TEST(GgufTokenizer, UnknownKindsAreNamed) {
  auto vocabulary = byte_pairs();
  vocabulary.pre = "no-such-pre";
  EXPECT_THAT([&] { tokenizer_from_gguf(vocabulary, "llama", "x.gguf"); },
              ThrowsMessage<Error>(HasSubstr("no-such-pre")));
  vocabulary = byte_pairs();
  vocabulary.model = "no-such-model";
  EXPECT_THAT([&] { tokenizer_from_gguf(vocabulary, "llama", "x.gguf"); },
              ThrowsMessage<Error>(HasSubstr("no-such-model")));
}

}  // namespace
}  // namespace automodel::text
