#pragma once
// float32 in fewer bits: rounded at random, or in two parts.

#include <ATen/core/TensorBody.h>

#include <cstdint>
#include <span>

namespace automodel::ops {

using at::Tensor;

/// 32 random bits (int32, like `like`'s shape and device) for each of the numbers noise, noise + 1,
/// ...: a pure function of the number, Wellons' lowbias32 of its half. An even number and the next
/// share theirs, in which the halves change places: what rounds one value of an entry differs from
/// what rounds another.
Tensor random_bits(std::uint32_t noise, const Tensor& like);

/// Numbers noise, noise + 1, ... of so many.
struct NoiseRun {
  std::uint32_t noise;
  std::int64_t size;
};
/// Those of the runs one behind the other, flat, on the options' device.
Tensor random_bits(std::span<const NoiseRun> runs, const at::TensorOptions& options);

/// float32 x as bfloat16: up as often as x is nearer to the upper neighbour, by the lower 16 of the
/// random bits, so that the mean over many roundings is x. Not a number stays one.
Tensor rounded_at_random(const Tensor& x, const Tensor& random);

/// A float32 tensor in two: x's bits are (upper << 16) + remainder.
struct SplitFloat32 {
  Tensor upper;      // bfloat16: x to the nearest; halves away from zero
  Tensor remainder;  // int16, or int8: its upper byte, with the lower one 0
};
SplitFloat32 split_float32(const Tensor& x);
/// The same in 24 bits: up as often as the lower 8 bits of x are above those of the random bits, so
/// that the mean over many is x.
SplitFloat32 split_float24(const Tensor& x, const Tensor& random);
Tensor joined_float32(const SplitFloat32& parts);

}  // namespace automodel::ops
