#include "ops/rounding.h"

#include <ATen/ATen.h>

#include <vector>

namespace automodel::ops {
namespace {

constexpr int kNotANumber = 0x7fc00000;

/// Whole numbers of 32 bits, in int64.
Tensor low32(const Tensor& x) { return x.bitwise_and(0xffffffff); }
Tensor times(const Tensor& x, std::int64_t factor) { return low32(x * factor); }
Tensor mixed(const Tensor& x, int by) { return x.bitwise_xor(x.bitwise_right_shift(by)); }

/// [n] -> [n, 2] int32: the bits of the two numbers of each pair.
Tensor bits_of_pairs(const Tensor& pair_n) {
  Tensor x = mixed(pair_n.bitwise_and(0x7fffffff), 16);
  x = mixed(times(x, 0x7feb352d), 15);
  x = mixed(times(x, 0x846ca68b), 16);
  const Tensor swapped = x.bitwise_left_shift(16).bitwise_or(x.bitwise_right_shift(16));
  return at::stack({x.to(at::kInt), swapped.to(at::kInt)}, 1);
}

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
  const NoiseRun run{noise, like.numel()};
  return random_bits({&run, 1}, like.options()).view(like.sizes());
}

Tensor random_bits(std::span<const NoiseRun> runs, const at::TensorOptions& options) {
  const auto long_options = options.dtype(at::kLong);
  std::vector<std::int64_t> offsets,
      pairs;  // of a run: from a pair's place to its number; how many
  std::int64_t num_pairs = 0;
  for (const auto& [noise, size] : runs) {
    offsets.push_back(static_cast<std::int64_t>(noise / 2) - num_pairs);
    pairs.push_back((size + noise % 2 + 1) / 2);
    num_pairs += pairs.back();
  }
  const auto on_device = [&](const std::vector<std::int64_t>& of_runs) {
    return at::tensor(of_runs, at::kLong).to(long_options.device());
  };
  const Tensor offset =
      runs.size() == 1 ? at::scalar_tensor(offsets[0], at::kLong)
                       : at::repeat_interleave(on_device(offsets), on_device(pairs), 0, num_pairs);
  const Tensor bits = bits_of_pairs(at::arange(num_pairs, long_options) + offset).view(-1);
  std::vector<Tensor> parts;
  std::int64_t begin = 0;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    parts.push_back(bits.narrow(0, begin + runs[i].noise % 2, runs[i].size));
    begin += 2 * pairs[i];
  }
  return parts.size() == 1 ? parts[0] : at::cat(parts);
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
