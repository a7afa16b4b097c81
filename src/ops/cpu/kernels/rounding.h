#pragma once
// Rounding at random.

#include "ops/cpu/kernels/elements.h"

namespace automodel::ops::cpu::AM_ISA {

/// Numbers that look random, other ones for each x: Wellons' lowbias32.
AM_INLINE Bits mixed(Bits x) {
  x = bmul(bxor(x, bright<16>(x)), bset(0x7feb352d));
  x = bmul(bxor(x, bright<15>(x)), bset(0x846ca68b));
  return bxor(x, bright<16>(x));
}

/// 32 random bits for each of the numbers noise, noise + 1, ..., of which the first is even: two
/// neighbours share theirs (ops/rounding.h has the same for tensors).
AM_INLINE Bits random_bits(std::uint32_t noise) {
  const Bits x = mixed(badd(bset(noise / 2), bright<1>(bcount())));
  return bturns(x, bswap_halves(x));
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
