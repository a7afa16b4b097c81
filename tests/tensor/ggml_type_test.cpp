#include "tensor/ggml_type.h"

#include <gtest/gtest.h>

#include "tests/tensor/expect_error.h"

namespace automodel {
namespace {

TEST(GgmlFormat, KnowsNumbersNamesAndBlocks) {
  EXPECT_EQ(ggml_format(12).type, GgmlType::q4_k);
  EXPECT_EQ(ggml_format(GgmlType::q4_k).name, "Q4_K");
  EXPECT_EQ(ggml_format(GgmlType::q4_k).block_bytes, 144);
  EXPECT_EQ(ggml_format(GgmlType::bf16).block_values, 1);
}

TEST(GgmlFormat, ListsWhatCanBeRead) {
  testing::expect_error(ErrorKind::unsupported,
                        "GGUF element type 16 cannot be read; those that can are F32, F16",
                        [] { ggml_format(16); });
}

}  // namespace
}  // namespace automodel
