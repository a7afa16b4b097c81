#include "tensor/gguf_vocabulary.h"

#include <gtest/gtest.h>

#include "tests/tensor/expect_error.h"
#include "tests/tensor/gguf_builder.h"
#include "tests/tensor/temporary_folder.h"

namespace automodel {
namespace {

using testing::expect_error;
using testing::GgufBuilder;
using testing::TemporaryFolder;

GgufVocabulary vocabulary_of(const GgufBuilder& builder) {
  const TemporaryFolder folder;
  write_file_atomic(folder / "m.gguf", builder.bytes());
  return gguf_vocabulary(GgufFile(folder / "m.gguf"));
}

GgufBuilder smallest() {
  return GgufBuilder().text("tokenizer.ggml.model", "gpt2").texts("tokenizer.ggml.tokens", {"a"});
}

TEST(GgufVocabulary, ReadsEveryKey) {
  const auto vocabulary = vocabulary_of(smallest()
                                            .text("tokenizer.ggml.pre", "smollm")
                                            .numbers<float>("tokenizer.ggml.scores", {-1000.0F})
                                            .numbers<std::int32_t>("tokenizer.ggml.token_type", {3})
                                            .texts("tokenizer.ggml.merges", {"a b"})
                                            .u32("tokenizer.ggml.bos_token_id", 1)
                                            .u32("tokenizer.ggml.eos_token_id", 2)
                                            .u32("tokenizer.ggml.padding_token_id", 3)
                                            .u32("tokenizer.ggml.unknown_token_id", 4)
                                            .flag("tokenizer.ggml.add_bos_token", true)
                                            .flag("tokenizer.ggml.add_eos_token", false)
                                            .flag("tokenizer.ggml.add_space_prefix", true)
                                            .text("tokenizer.chat_template", "{{ x }}"));
  EXPECT_EQ(vocabulary.model, "gpt2");
  EXPECT_EQ(vocabulary.pre, "smollm");
  EXPECT_EQ(vocabulary.tokens, std::vector<std::string>{"a"});
  EXPECT_EQ(vocabulary.scores, std::vector<float>{-1000});
  EXPECT_EQ(vocabulary.token_types, std::vector<std::int32_t>{3});
  EXPECT_EQ(vocabulary.merges, std::vector<std::string>{"a b"});
  EXPECT_EQ(vocabulary.bos_id, 1);
  EXPECT_EQ(vocabulary.eos_id, 2);
  EXPECT_EQ(vocabulary.pad_id, 3);
  EXPECT_EQ(vocabulary.unk_id, 4);
  EXPECT_EQ(vocabulary.add_bos, true);
  EXPECT_EQ(vocabulary.add_eos, false);
  EXPECT_EQ(vocabulary.add_space_prefix, true);
  EXPECT_EQ(vocabulary.chat_template, "{{ x }}");
}

TEST(GgufVocabulary, WhatIsAbsentStaysUnset) {
  const auto vocabulary = vocabulary_of(smallest());
  EXPECT_TRUE(vocabulary.merges.empty());
  EXPECT_FALSE(vocabulary.bos_id);
  EXPECT_FALSE(vocabulary.add_bos);
  EXPECT_FALSE(vocabulary.chat_template);
}

TEST(GgufVocabulary, Errors) {
  expect_error(ErrorKind::not_found, "holds no tokenizer", [] { vocabulary_of(GgufBuilder()); });
  expect_error(ErrorKind::corrupt_data, "'tokenizer.ggml.pre' is not a text",
               [] { vocabulary_of(smallest().u32("tokenizer.ggml.pre", 1)); });
  expect_error(ErrorKind::corrupt_data, "'tokenizer.ggml.merges' is not a list",
               [] { vocabulary_of(smallest().u32("tokenizer.ggml.merges", 1)); });
  expect_error(ErrorKind::corrupt_data, "entry 0 of 'tokenizer.ggml.scores' is not one of numbers",
               [] { vocabulary_of(smallest().texts("tokenizer.ggml.scores", {"x"})); });
  expect_error(ErrorKind::corrupt_data, "'tokenizer.ggml.bos_token_id' is not a token id",
               [] { vocabulary_of(smallest().u32("tokenizer.ggml.bos_token_id", UINT32_MAX)); });
}

}  // namespace
}  // namespace automodel
