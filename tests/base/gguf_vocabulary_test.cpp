#include "base/gguf_vocabulary.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace automodel {
namespace {

GgufMetadata smallest(const std::string& key = "x", const Json& value = Json()) {
  return {{"tokenizer.ggml.model", "gpt2"},
          {"tokenizer.ggml.tokens", Json::array({"a"})},
          {key, value}};
}

TEST(GgufVocabulary, ReadsEveryKey) {
  GgufMetadata all = smallest("tokenizer.ggml.pre", "smollm");
  all["tokenizer.ggml.scores"] = Json::array({-1000.0});
  all["tokenizer.ggml.token_type"] = Json::array({3});
  all["tokenizer.ggml.merges"] = Json::array({"a b"});
  all["tokenizer.ggml.bos_token_id"] = 1;
  all["tokenizer.ggml.eos_token_id"] = 2;
  all["tokenizer.ggml.padding_token_id"] = 3;
  all["tokenizer.ggml.unknown_token_id"] = 4;
  all["tokenizer.ggml.seperator_token_id"] = 5;
  all["tokenizer.ggml.cls_token_id"] = 6;
  all["tokenizer.ggml.mask_token_id"] = 7;
  all["tokenizer.ggml.add_bos_token"] = true;
  all["tokenizer.ggml.add_eos_token"] = false;
  all["tokenizer.ggml.add_sep_token"] = true;
  all["tokenizer.ggml.add_space_prefix"] = true;
  all["tokenizer.ggml.remove_extra_whitespaces"] = false;
  all["tokenizer.ggml.normalizer.lowercase"] = false;
  all["tokenizer.ggml.normalizer.strip_accents"] = true;
  all["tokenizer.ggml.precompiled_charsmap"] = Json::array({-1, 200, 0});
  all["tokenizer.chat_template"] = "{{ x }}";
  all["tokenizer.chat_template.rag"] = "{{ y }}";
  all["tokenizer.chat_templates"] = Json::array({"rag"});
  const GgufVocabulary v = read_gguf_vocabulary(all, "m.gguf");
  EXPECT_EQ(v.model, "gpt2");
  EXPECT_EQ(v.pre, "smollm");
  EXPECT_EQ(v.tokens, std::vector<std::string>{"a"});
  EXPECT_EQ(v.scores, std::vector<float>{-1000});
  EXPECT_EQ(v.token_types, std::vector<std::int32_t>{3});
  EXPECT_EQ(v.merges, std::vector<std::string>{"a b"});
  const std::vector<std::optional<std::int32_t>> ids = {v.bos_id, v.eos_id, v.pad_id, v.unk_id,
                                                        v.sep_id, v.cls_id, v.mask_id};
  EXPECT_EQ(ids, (std::vector<std::optional<std::int32_t>>{1, 2, 3, 4, 5, 6, 7}));
  const std::vector<std::optional<bool>> flags = {
      v.add_bos,   v.add_eos,      v.add_sep, v.add_space_prefix, v.remove_extra_whitespaces,
      v.lowercase, v.strip_accents};
  EXPECT_EQ(flags, (std::vector<std::optional<bool>>{true, false, true, true, false, false, true}));
  EXPECT_EQ(v.precompiled_charsmap, std::string("\xff\xc8\0", 3));
  EXPECT_EQ(v.chat_templates,
            (std::map<std::string, std::string>{{"default", "{{ x }}"}, {"rag", "{{ y }}"}}));
}

TEST(GgufVocabulary, WhatIsAbsentStaysUnset) {
  const GgufVocabulary v = read_gguf_vocabulary(smallest(), "m.gguf");
  EXPECT_TRUE(v.merges.empty());
  EXPECT_FALSE(v.bos_id);
  EXPECT_FALSE(v.add_bos);
  EXPECT_TRUE(v.chat_templates.empty());
}

void expect_error(ErrorKind kind, const std::string& message, const GgufMetadata& metadata) {
  try {
    read_gguf_vocabulary(metadata, "m.gguf");
    ADD_FAILURE() << "no error, but expected: " << message;
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), kind);
    EXPECT_EQ(error.message(), message);
  }
}

TEST(GgufVocabulary, Errors) {
  expect_error(ErrorKind::not_found, "m.gguf holds no tokenizer (tokenizer.ggml.model and .tokens)",
               {});
  expect_error(ErrorKind::corrupt_data, "m.gguf: 'tokenizer.ggml.pre' is not a text",
               smallest("tokenizer.ggml.pre", 1));
  expect_error(ErrorKind::corrupt_data, "m.gguf: 'tokenizer.ggml.merges' is not a list",
               smallest("tokenizer.ggml.merges", 1));
  expect_error(ErrorKind::corrupt_data,
               "m.gguf: entry 0 of 'tokenizer.ggml.scores' is not one of numbers",
               smallest("tokenizer.ggml.scores", Json::array({"x"})));
  expect_error(ErrorKind::corrupt_data,
               "m.gguf: entry 1 of 'tokenizer.ggml.precompiled_charsmap' is not one of bytes",
               smallest("tokenizer.ggml.precompiled_charsmap", Json::array({0, 256})));
  expect_error(ErrorKind::corrupt_data, "m.gguf: 'tokenizer.ggml.bos_token_id' is not a token id",
               smallest("tokenizer.ggml.bos_token_id", UINT32_MAX));
  expect_error(ErrorKind::corrupt_data, "m.gguf: 'tokenizer.chat_template.rag' is not a text",
               smallest("tokenizer.chat_template.rag", 7));
}

}  // namespace
}  // namespace automodel
