#include "tensor/gguf_dequant.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <vector>

#include "tests/tensor/expect_error.h"

// That every format equals the Python package bit for bit is shown by
// tests/parity/test_gguf_dequant.py.

namespace automodel {
namespace {

std::vector<std::byte> bytes_of(std::initializer_list<int> head, std::size_t size) {
  std::vector<std::byte> bytes(size);
  std::size_t i = 0;
  for (const int value : head) {
    bytes[i++] = static_cast<std::byte>(value);
  }
  return bytes;
}

TEST(Dequantize, Q8ByHand) {
  // The scale is the half 0x4000 = 2.
  const auto block = bytes_of({0x00, 0x40, 3, 0xFF}, 34);
  const Tensor values = dequantize(GgmlType::q8_0, block, {1, 32});
  EXPECT_EQ(values[0][0].item<float>(), 6);
  EXPECT_EQ(values[0][1].item<float>(), -2);
  EXPECT_EQ(values[0][31].item<float>(), 0);
}

TEST(Dequantize, Q4WithMinimumByHand) {
  // Scale 2, minimum 1, first byte: low nibble 3 is value 0, high nibble 15 is value 16.
  const auto block = bytes_of({0x00, 0x40, 0x00, 0x3C, 0xF3}, 20);
  const Tensor values = dequantize(GgmlType::q4_1, block, {32});
  EXPECT_EQ(values[0].item<float>(), 7);
  EXPECT_EQ(values[16].item<float>(), 31);
  EXPECT_EQ(values[1].item<float>(), 1);
}

TEST(Dequantize, Q8KByHand) {
  const auto block = bytes_of({0x00, 0x00, 0x00, 0x3F, 4}, 292);  // the float 0.5
  EXPECT_EQ(dequantize(GgmlType::q8_k, block, {256})[0].item<float>(), 2);
}

TEST(Dequantize, RefusesBytesThatDoNotFit) {
  const auto expect_misfit = [](std::size_t size, std::vector<std::int64_t> shape) {
    testing::expect_error(ErrorKind::invalid_argument, "do not make a tensor of shape",
                          [&] { dequantize(GgmlType::q8_0, std::vector<std::byte>(size), shape); });
  };
  expect_misfit(33, {32});
  expect_misfit(34, {31});
  expect_misfit(34, {64});
  expect_misfit(34, {-32});
}

}  // namespace
}  // namespace automodel
