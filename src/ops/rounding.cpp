#include "ops/rounding.h"

#include <ATen/ATen.h>

namespace automodel::ops {
namespace {

constexpr int kNotANumber = 0x7fc00000;

/// Whole numbers of 32 bits, in int64.
Tensor low32(const Tensor& x) { return x.bitwise_and(0xffffffff); }
Tensor times(const Tensor& x, std::int64_t factor) { return low32(x * factor); }
Tensor mixed(const Tensor& x, int by) { return x.bitwise_xor(x.bitwise_right_shift(by)); }

/// The bits of float32 x as int32, not a number's made one pattern.
Tensor bits_of(const Tensor& x) {
  const Tensor bits = x.contiguous().view(at::kInt);
  return at::where(x.isnan(), at::scalar_tensor(kNotANumber, bits.options()), bits);
}

/// The bfloat16 tensor of the upper halves.
Tensor upper_of(const Tensor& bits) {
  return bits.bitwise_right_shift(16).to(at::kShort).view(at::kBFloat16);
}

}  // namespace

Tensor random_bits(std::uint32_t noise, const Tensor& like) {
  const Tensor count = at::arange(like.numel(), like.options().dtype(at::kLong));
  const Tensor number = low32(count + static_cast<std::int64_t>(noise));
  Tensor x = mixed(number.bitwise_right_shift(1), 16);
  x = mixed(times(x, 0x7feb352d), 15);
  x = mixed(times(x, 0x846ca68b), 16);
  const Tensor swapped = low32(x.bitwise_left_shift(16)).bitwise_or(x.bitwise_right_shift(16));
  return at::where(number.bitwise_and(1).to(at::kBool), swapped, x).view(like.sizes());
}

Tensor rounded_at_random(const Tensor& x, const Tensor& random) {
  const Tensor bits = bits_of(x);
  const Tensor sum = bits + random.bitwise_and(0xffff).to(at::kInt);
  return upper_of(at::where(x.isnan(), bits, sum));
}

/// What the rounded upper half lacks, between -2^15 and 2^15 - 1, is the lower half as a signed
/// number.
SplitFloat32 split_float32(const Tensor& x) {
  const Tensor bits = bits_of(x);
  return {upper_of(bits + 0x8000), bits.to(at::kShort)};
}

SplitFloat32 split_float24(const Tensor& x, const Tensor& random) {
  const Tensor bits = bits_of(x);
  const Tensor sum = at::where(x.isnan(), bits, bits + random.bitwise_and(0xff).to(at::kInt));
  return {upper_of(sum + 0x8000), sum.bitwise_right_shift(8).to(at::kChar)};
}

Tensor joined_float32(const SplitFloat32& parts) {
  const Tensor upper = parts.upper.contiguous().view(at::kShort).to(at::kInt);
  const Tensor remainder = parts.remainder.to(at::kInt);
  const bool is_short = parts.remainder.scalar_type() == at::kChar;
  return (upper.bitwise_left_shift(16) + (is_short ? remainder.bitwise_left_shift(8) : remainder))
      .view(at::kFloat);
}

}  // namespace automodel::ops
