#include "tensor/block_quant.h"

#include <ATen/ATen.h>

#include "base/error.h"
#include "tensor/tensor_info.h"

namespace automodel {
namespace {

constexpr std::int64_t kBytesPerBlock = 16;
constexpr int kExponentBias = 127;

std::int64_t blocks_of(std::int64_t size, std::int64_t block) { return (size + block - 1) / block; }

/// The scales along one dimension, each as often as its block is long.
Tensor spread(const Tensor& scales, std::int64_t dim, std::int64_t block, std::int64_t size) {
  return scales.repeat_interleave(block, dim).narrow(dim, 0, size);
}

/// The two values of every byte, [256, 2] bfloat16.
Tensor value_pairs() {
  const Tensor half =
      at::tensor({0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0}, at::kFloat).to(at::kBFloat16);
  const Tensor values = at::cat({half, -half});
  const Tensor byte = at::arange(256);
  return at::stack({values.index_select(0, byte.remainder(16)),
                    values.index_select(0, at::floor_divide(byte, 16))},
                   1);
}

/// One expert: [rows, groups, 16] and [rows, groups] -> [rows, groups * 32].
Tensor unpack(const Tensor& blocks, const Tensor& scales, const Tensor& pairs) {
  const Tensor values = pairs.index_select(0, blocks.reshape(-1).to(at::kInt))
                            .view({blocks.size(0), blocks.size(1), 2 * kBytesPerBlock});
  const Tensor factors = at::exp2(scales.to(at::kFloat) - kExponentBias).to(at::kBFloat16);
  return (values * factors.unsqueeze(-1)).flatten(1);
}

}  // namespace

Tensor dequantise_fp8(const Tensor& values, const Tensor& scales, const ScaleBlock& block) {
  check(values.dim() >= 2, ErrorKind::corrupt_data,
        "FP8 values of shape {}, expected at least two dimensions",
        shape_text(values.sizes().vec()));
  const auto rows = values.size(-2);
  const auto columns = values.size(-1);
  const Tensor wide = values.to(at::kFloat);
  const Tensor factors = scales.to(at::kFloat);
  if (block == ScaleBlock{0, 0}) {
    check(scales.numel() == 1, ErrorKind::corrupt_data,
          "FP8 scales of shape {} where config.json has no weight_block_size, expected one number",
          shape_text(scales.sizes().vec()));
    return wide * factors.reshape(-1);
  }
  auto expected = values.sizes().vec();
  expected[expected.size() - 2] = blocks_of(rows, block[0]);
  expected[expected.size() - 1] = blocks_of(columns, block[1]);
  check(scales.sizes().vec() == expected, ErrorKind::corrupt_data,
        "FP8 scales of shape {} for values of shape {} in blocks of {} x {}, expected {}",
        shape_text(scales.sizes().vec()), shape_text(values.sizes().vec()), block[0], block[1],
        shape_text(expected));
  return wide * spread(spread(factors, -2, block[0], rows), -1, block[1], columns);
}

Tensor dequantise_mxfp4(const Tensor& blocks, const Tensor& scales) {
  const bool fits = blocks.scalar_type() == at::kByte && scales.scalar_type() == at::kByte &&
                    blocks.dim() == 4 && blocks.size(3) == kBytesPerBlock &&
                    blocks.sizes().slice(0, 3) == scales.sizes();
  check(fits, ErrorKind::corrupt_data,
        "MXFP4 blocks are {} and their scales {}; expected uint8 [experts, rows, groups, {}] and "
        "uint8 [experts, rows, groups]",
        to_string(info_of(blocks)), to_string(info_of(scales)), kBytesPerBlock);
  const Tensor pairs = value_pairs();
  Tensor out = at::empty({blocks.size(0), blocks.size(2) * 2 * kBytesPerBlock, blocks.size(1)},
                         at::kBFloat16);
  for (std::int64_t expert = 0; expert < blocks.size(0); ++expert) {
    out.select(0, expert).copy_(
        unpack(blocks.select(0, expert), scales.select(0, expert), pairs).t());
  }
  return out;
}

}  // namespace automodel
