#include "ops/rounding.h"

#include <ATen/ATen.h>

namespace automodel::ops {
namespace {

constexpr int kNotANumber = 0x7fc00000;

/// Whole numbers of 32 bits, in int64.
Tensor low32(const Tensor& x) { return x.bitwise_and(0xffffffff); }
Tensor times(const Tensor& x, std::int64_t factor) { return low32(x * factor); }
Tensor mixed(const Tensor& x, int by) { return x.bitwise_xor(x.bitwise_right_shift(by)); }

/// int32 bits of float32 x, to which something was added; not a number's made one pattern.
Tensor numbers_bits(const Tensor& bits, const Tensor& x) {
  return at::where(x.isnan(), at::scalar_tensor(kNotANumber, bits.options()), bits);
}

Tensor bits_of(const Tensor& x) { return x.contiguous().view(at::kInt); }

/// The bfloat16 tensor of the upper halves, which lie in the int32 bits.
Tensor upper_of(const Tensor& bits) {
  const Tensor halves = bits.view(-1).view(at::kBFloat16).slice(0, 1, {}, 2);
  return halves.contiguous().view(bits.sizes());
}

}  // namespace

Tensor random_bits(std::uint32_t noise, const Tensor& like) {
  const std::int64_t odd = noise % 2, num_pairs = (like.numel() + odd + 1) / 2;
  const Tensor count = at::arange(num_pairs, like.options().dtype(at::kLong));
  Tensor x = mixed((count + static_cast<std::int64_t>(noise / 2)).bitwise_and(0x7fffffff), 16);
  x = mixed(times(x, 0x7feb352d), 15);
  x = mixed(times(x, 0x846ca68b), 16);
  const Tensor swapped = x.bitwise_left_shift(16).bitwise_or(x.bitwise_right_shift(16));
  const Tensor both = at::stack({x.to(at::kInt), swapped.to(at::kInt)}, 1).view(-1);
  return both.narrow(0, odd, like.numel()).view(like.sizes());
}

Tensor rounded_at_random(const Tensor& x, const Tensor& random) {
  return upper_of(numbers_bits(bits_of(x) + random.bitwise_and(0xffff), x));
}

/// What the rounded upper half lacks, between -2^15 and 2^15 - 1, is the lower half as a signed
/// number.
SplitFloat32 split_float32(const Tensor& x) {
  const Tensor bits = numbers_bits(bits_of(x), x);
  return {upper_of(bits + 0x8000), bits.to(at::kShort)};
}

SplitFloat32 split_float24(const Tensor& x, const Tensor& random) {
  const Tensor bits = numbers_bits(bits_of(x) + random.bitwise_and(0xff), x);
  return {upper_of(bits + 0x8000), bits.bitwise_right_shift(8).to(at::kChar)};
}

Tensor joined_float32(const SplitFloat32& parts) {
  const Tensor upper = parts.upper.contiguous().view(at::kShort).to(at::kInt);
  const Tensor remainder = parts.remainder.to(at::kInt);
  const bool is_short = parts.remainder.scalar_type() == at::kChar;
  return (upper.bitwise_left_shift(16) + (is_short ? remainder.bitwise_left_shift(8) : remainder))
      .view(at::kFloat);
}

}  // namespace automodel::ops
