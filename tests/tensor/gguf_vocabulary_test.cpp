#include "tensor/gguf_vocabulary.h"

#include <gtest/gtest.h>

#include "base/file.h"
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

TEST(GgufVocabulary, IsReadFromAFile) {
  const auto vocabulary =
      vocabulary_of(GgufBuilder()
                        .text("tokenizer.ggml.model", "t5")
                        .texts("tokenizer.ggml.tokens", {"a"})
                        .numbers<float>("tokenizer.ggml.scores", {-1000.0F})
                        .numbers<std::int32_t>("tokenizer.ggml.precompiled_charsmap", {0, 255})
                        .u32("tokenizer.ggml.eos_token_id", 2)
                        .flag("tokenizer.ggml.add_bos_token", true)
                        .text("tokenizer.chat_template", "{{ x }}"));
  EXPECT_EQ(vocabulary.model, "t5");
  EXPECT_EQ(vocabulary.tokens, std::vector<std::string>{"a"});
  EXPECT_EQ(vocabulary.scores, std::vector<float>{-1000});
  EXPECT_EQ(vocabulary.precompiled_charsmap, std::string("\0\xff", 2));
  EXPECT_EQ(vocabulary.eos_id, 2);
  EXPECT_EQ(vocabulary.add_bos, true);
  EXPECT_EQ(vocabulary.chat_templates.at("default"), "{{ x }}");
}

TEST(GgufVocabulary, ErrorsNameTheFile) {
  expect_error(ErrorKind::not_found, "m.gguf holds no tokenizer",
               [] { vocabulary_of(GgufBuilder()); });
}

}  // namespace
}  // namespace automodel
