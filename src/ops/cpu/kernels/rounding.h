#pragma once
// Rounding at random.

#include "ops/cpu/kernels/elements.h"

namespace automodel::ops::cpu::AM_ISA {

/// 32 random bits for each of the numbers noise, noise + 1, ... (MurmurHash3's last steps;
/// ops/rounding.h has the same for tensors).
AM_INLINE Bits random_bits(std::uint32_t noise) {
  Bits x = bmul(badd(bset(noise), bcount()), bset(0x9e3779b1));
  x = bmul(bxor(x, bright<16>(x)), bset(0x85ebca6b));
  x = bmul(bxor(x, bright<13>(x)), bset(0xc2b2ae35));
  return bxor(x, bright<16>(x));
}

/// x as bfloat16: up as often as its lower 16 bits are above those of `random`.
AM_INLINE Halves narrow_at_random(Vec x, Bits random) {
  const Bits sum = badd(bits_of(x), band(random, bset(0xffff)));
  return upper_of(bnumber(x, sum, bset(kNotANumber)));
}

/// kWidth entries, or n of them.
template <class Element>
AM_INLINE Halves load_some(const Element* p, Index n) {
  return n >= kWidth ? load_halves(p) : load_halves(p, n);
}
template <class Element>
AM_INLINE void store_some(Element* p, Index n, Halves x) {
  n >= kWidth ? store_halves(p, x) : store_halves(p, x, n);
}

AM_INLINE void store_at_random(const Row<StoredFloat32>& row, Index i, Index n, Vec x,
                               Bits /*random*/) {
  row.store(i, n, x);
}
AM_INLINE void store_at_random(const Row<StoredBfloat16>& row, Index i, Index n, Vec x,
                               Bits random) {
  store_some(row.data + i, n, narrow_at_random(x, random));
}

}  // namespace automodel::ops::cpu::AM_ISA
