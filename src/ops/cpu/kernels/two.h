#pragma once
// Two registers at once: where memory holds 16 bits an entry, a register of it has two entries in
// each 32 bits, the even one in the lower half. Shifts and masks make float32 of them and the other
// way round, which costs less than to move entries.

#include "ops/cpu/kernels/rounding.h"

namespace automodel::ops::cpu::AM_ISA {

/// 2 * kWidth neighbours: 0, 2, 4, .. and 1, 3, 5, ..
struct Two {
  Vec even, odd;
};
struct TwoBits {
  Bits even, odd;
};

inline constexpr std::uint32_t kUpperHalf = 0xffff0000;

AM_INLINE Two load_two(const Row<StoredFloat32>& row, Index i) {
  const Vec a = row.load(i, kWidth), b = row.load(i + kWidth, kWidth);
  return {vevens(a, b), vodds(a, b)};
}
AM_INLINE Two load_two(const Row<StoredBfloat16>& row, Index i) {
  const Bits halves = bload(row.data + i);
  return {of_bits(bleft<16>(halves)), of_bits(band(halves, bset(kUpperHalf)))};
}
AM_INLINE void store_upper(std::uint16_t* p, const TwoBits& x) {
  bstore(p, bhalves(bright<16>(x.even), x.odd));
}

/// Signed numbers of 16 bits, or of 8, which count 256 times.
AM_INLINE TwoBits load_remainders(const std::uint16_t* p) {
  const Bits x = bload(p);
  return {bmuladd(x, 0x00000001), bmuladd(x, 0x00010000)};
}
AM_INLINE TwoBits load_remainders(const std::uint8_t* p) {
  const Bits x = bload_bytes(p);
  return {bmuladd(x, 0x00000100), bmuladd(x, 0x01000000)};
}
/// The lower halves of x, or their upper bytes.
AM_INLINE void store_remainders(std::uint16_t* p, const TwoBits& x) {
  bstore(p, bhalves(x.even, bleft<16>(x.odd)));
}
AM_INLINE void store_remainders(std::uint8_t* p, const TwoBits& x) {
  bstore_bytes(p, bhalves(bright<8>(x.even), bleft<8>(x.odd)));
}

/// As random_bits(): the halves of an odd entry are those of its even neighbour, swapped.
AM_INLINE TwoBits two_random_bits(std::uint32_t noise) {
  const Bits x = mixed(badd(bset(noise / 2), bcount()));
  return {x, bswap_halves(x)};
}
/// The upper halves of two_random_bits() in the lower ones.
AM_INLINE TwoBits upper_of(const TwoBits& random) { return {random.odd, random.even}; }

AM_INLINE void store_at_random(const Row<StoredFloat32>& row, Index i, const Two& x,
                               const TwoBits& /*random*/) {
  row.store(i, kWidth, vfirst(x.even, x.odd));
  row.store(i + kWidth, kWidth, vsecond(x.even, x.odd));
}
/// As narrow_at_random(), of numbers only.
AM_INLINE void store_at_random(const Row<StoredBfloat16>& row, Index i, const Two& x,
                               const TwoBits& random) {
  const auto raised = [](Vec y, Bits bits) { return badd(bits_of(y), band(bits, bset(0xffff))); };
  store_upper(row.data + i, {raised(x.even, random.even), raised(x.odd, random.odd)});
}

}  // namespace automodel::ops::cpu::AM_ISA
