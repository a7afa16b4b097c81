#include "tensor/block_quant.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>

#include "tests/tensor/expect_error.h"

namespace automodel {
namespace {

using testing::expect_error;

TEST(DequantiseFp8, EveryBlockHasItsScale) {
  const Tensor values = at::arange(1, 36).view({5, 7}).to(at::kFloat8_e4m3fn);
  const Tensor scales = at::tensor({1.0, 2.0, 3.0, 0.5, 0.25, 4.0}, at::kFloat).view({2, 3});
  const Tensor out = dequantise_fp8(values, scales, {3, 3});
  ASSERT_EQ(out.scalar_type(), at::kFloat);
  for (int row = 0; row < 5; ++row) {
    for (int column = 0; column < 7; ++column) {
      const double expected = values.to(at::kFloat)[row][column].item<double>() *
                              scales[row / 3][column / 3].item<double>();
      EXPECT_EQ(out[row][column].item<double>(), expected) << row << ", " << column;
    }
  }
}

TEST(DequantiseFp8, OneScaleForAll) {
  const Tensor values = at::ones({2, 2, 2}).to(at::kFloat8_e4m3fn);
  EXPECT_TRUE(at::equal(dequantise_fp8(values, at::tensor({1.5}), {0, 0}),
                        at::full({2, 2, 2}, 1.5, at::kFloat)));
  expect_error(ErrorKind::corrupt_data, "scales of shape [2] where config.json has no",
               [&] { dequantise_fp8(values, at::ones({2}), {0, 0}); });
}

TEST(DequantiseFp8, ShapesMustFit) {
  const Tensor values = at::ones({4, 4}).to(at::kFloat8_e4m3fn);
  expect_error(ErrorKind::corrupt_data,
               "scales of shape [2, 1] for values of shape [4, 4] in blocks of 2 x 2, expected "
               "[2, 2]",
               [&] { dequantise_fp8(values, at::ones({2, 1}), {2, 2}); });
  expect_error(ErrorKind::corrupt_data, "FP8 values of shape [16]",
               [&] { dequantise_fp8(values.view(-1), at::ones({2}), {2, 2}); });
}

TEST(DequantiseMxfp4, LowHalfFirstTimesThePowerOfTwo) {
  Tensor blocks = at::zeros({1, 2, 1, 16}, at::kByte);
  blocks[0][1][0][0] = 0x1F;   // -6, then 0.5
  blocks[0][1][0][15] = 0x72;  // 1, then 6
  Tensor scales = at::full({1, 2, 1}, 127, at::kByte);
  scales[0][1][0] = 130;
  const Tensor out = dequantise_mxfp4(blocks, scales);
  EXPECT_EQ(out.sizes(), (std::vector<std::int64_t>{1, 32, 2}));
  EXPECT_EQ(out.scalar_type(), at::kBFloat16);
  EXPECT_EQ(out[0][0][1].item<double>(), -48);
  EXPECT_EQ(out[0][1][1].item<double>(), 4);
  EXPECT_EQ(out[0][30][1].item<double>(), 8);
  EXPECT_EQ(out[0][31][1].item<double>(), 48);
  EXPECT_EQ(out.select(2, 0).abs().max().item<double>(), 0);
}

TEST(DequantiseMxfp4, TypesAndShapesMustFit) {
  const Tensor blocks = at::zeros({1, 2, 3, 16}, at::kByte);
  const auto refuses = [](const Tensor& values, const Tensor& scales) {
    expect_error(ErrorKind::corrupt_data, "expected uint8 [experts, rows, groups, 16]",
                 [&] { dequantise_mxfp4(values, scales); });
  };
  refuses(blocks, at::zeros({1, 2, 4}, at::kByte));
  refuses(blocks, at::zeros({1, 2, 3}, at::kFloat));
  refuses(at::zeros({1, 2, 3, 8}, at::kByte), at::zeros({1, 2, 3}, at::kByte));
}

}  // namespace
}  // namespace automodel
