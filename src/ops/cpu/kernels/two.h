#pragma once
// Two registers at once: where memory holds 16 bits an entry, instructions on 16 bits convert both
// with half the work.

#include "ops/cpu/kernels/rounding.h"

namespace automodel::ops::cpu::AM_ISA {

/// 2 * kWidth neighbours.
struct Two {
  Vec first, second;
};
struct TwoBits {
  Bits first, second;
};

template <class Stored>
AM_INLINE Two load_two(const Row<Stored>& row, Index i) {
  return {row.load(i, kWidth), row.load(i + kWidth, kWidth)};
}
AM_INLINE void store_at_random(const Row<StoredFloat32>& row, Index i, const Two& x,
                               const TwoBits& /*random*/) {
  row.store(i, kWidth, x.first);
  row.store(i + kWidth, kWidth, x.second);
}

#if defined(__AVX512BW__)

AM_INLINE Bits load_two_halves(const std::uint16_t* p) { return _mm512_loadu_si512(p); }
AM_INLINE void store_two_halves(std::uint16_t* p, Bits x) { _mm512_storeu_si512(p, x); }
/// The upper bytes of halves whose lower ones are 0.
AM_INLINE Bits load_two_halves(const std::uint8_t* p) {
  const __m256i bytes = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
  return _mm512_slli_epi16(_mm512_cvtepi8_epi16(bytes), 8);
}
AM_INLINE void store_two_halves(std::uint8_t* p, Bits x) {
  const __m256i bytes = _mm512_cvtepi16_epi8(_mm512_srli_epi16(x, 8));
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), bytes);
}
/// The upper halves of both registers' entries.
AM_INLINE Bits upper_halves(const TwoBits& x) {
  const Bits odd = badd(bmul(bcount(), bset(0x00040004)), bset(0x00030001));
  return _mm512_permutex2var_epi16(x.first, odd, x.second);
}
AM_INLINE Bits lower_halves(const TwoBits& x) {
  const Bits even = badd(bmul(bcount(), bset(0x00040004)), bset(0x00020000));
  return _mm512_permutex2var_epi16(x.first, even, x.second);
}

AM_INLINE Two load_two(const Row<StoredBfloat16>& row, Index i) {
  constexpr __mmask32 kUpper = 0xaaaaaaaa;
  const Bits halves = load_two_halves(row.data + i);
  const Bits first = bmul(bcount(), bset(0x00010000)), second = badd(first, bset(0x00100000));
  return {of_bits(_mm512_maskz_permutexvar_epi16(kUpper, first, halves)),
          of_bits(_mm512_maskz_permutexvar_epi16(kUpper, second, halves))};
}

/// (upper << 16) + remainder, which is signed: a negative one takes 1 from the upper half.
template <class Element>
AM_INLINE Two load_two_split(const std::uint16_t* upper, const Element* remainder) {
  const Bits low = load_two_halves(remainder);
  const Bits high = _mm512_add_epi16(load_two_halves(upper), _mm512_srai_epi16(low, 15));
  const Bits first = badd(bmul(bcount(), bset(0x00010001)), bset(0x00200000));
  const Bits second = badd(first, bset(0x00100010));
  return {of_bits(_mm512_permutex2var_epi16(low, first, high)),
          of_bits(_mm512_permutex2var_epi16(low, second, high))};
}

AM_INLINE void store_upper(std::uint16_t* p, const TwoBits& x) {
  store_two_halves(p, upper_halves(x));
}
template <class Element>
AM_INLINE void store_lower(Element* p, const TwoBits& x) {
  store_two_halves(p, lower_halves(x));
}

#else

template <class Element>
AM_INLINE Two load_two_split(const std::uint16_t* upper, const Element* remainder) {
  const auto at = [&](Index i) {
    return of_bits(
        badd(upper_from(load_halves(upper + i)), signed_from(load_halves(remainder + i))));
  };
  return {at(0), at(kWidth)};
}
AM_INLINE void store_upper(std::uint16_t* p, const TwoBits& x) {
  store_halves(p, upper_of(x.first));
  store_halves(p + kWidth, upper_of(x.second));
}
template <class Element>
AM_INLINE void store_lower(Element* p, const TwoBits& x) {
  store_halves(p, lower_of(x.first));
  store_halves(p + kWidth, lower_of(x.second));
}

#endif

/// As narrow_at_random(), of numbers only.
AM_INLINE void store_at_random(const Row<StoredBfloat16>& row, Index i, const Two& x,
                               const TwoBits& random) {
  const auto raised = [](Vec y, Bits bits) { return badd(bits_of(y), band(bits, bset(0xffff))); };
  store_upper(row.data + i, {raised(x.first, random.first), raised(x.second, random.second)});
}

}  // namespace automodel::ops::cpu::AM_ISA
