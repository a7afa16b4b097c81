#pragma once
// One register of float32 under one name for every instruction set. Each source of this folder is
// compiled once per set, with AM_ISA as the name of its namespace.
//
// Nothing here may include headers with inline functions (the standard library, LibTorch): their
// copies would carry instructions that another processor lacks into the rest of the program.

#include <immintrin.h>

#include "ops/cpu/kernels.h"

#define AM_INLINE inline __attribute__((always_inline))

namespace automodel::ops::cpu::AM_ISA {

using Bytes = const unsigned char*;

/// Before others may read what vstream wrote.
AM_INLINE void vfence() { _mm_sfence(); }

#if defined(__AVX512F__)

using Vec = __m512;
inline constexpr int kWidth = 16;

AM_INLINE __mmask16 first(Index n) {
  return static_cast<__mmask16>(n >= kWidth ? 0xffffU : (1U << n) - 1U);
}
AM_INLINE Vec vload(const float* p) { return _mm512_loadu_ps(p); }
AM_INLINE Vec vload(const float* p, Index n) { return _mm512_maskz_loadu_ps(first(n), p); }
AM_INLINE void vstore(float* p, Vec x) { _mm512_storeu_ps(p, x); }
/// Past the caches; p is aligned to a whole register.
AM_INLINE void vstream(float* p, Vec x) { _mm512_stream_ps(p, x); }
AM_INLINE void vstore(float* p, Vec x, Index n) { _mm512_mask_storeu_ps(p, first(n), x); }
AM_INLINE Vec vset(float x) { return _mm512_set1_ps(x); }
AM_INLINE Vec vfma(Vec a, Vec b, Vec c) { return _mm512_fmadd_ps(a, b, c); }
AM_INLINE Vec vadd(Vec a, Vec b) { return _mm512_add_ps(a, b); }
AM_INLINE Vec vsub(Vec a, Vec b) { return _mm512_sub_ps(a, b); }
AM_INLINE Vec vmul(Vec a, Vec b) { return _mm512_mul_ps(a, b); }
AM_INLINE Vec vdiv(Vec a, Vec b) { return _mm512_div_ps(a, b); }
AM_INLINE Vec vsqrt(Vec x) { return _mm512_sqrt_ps(x); }
AM_INLINE Vec vmax(Vec a, Vec b) { return _mm512_max_ps(a, b); }
AM_INLINE Vec vmin(Vec a, Vec b) { return _mm512_min_ps(a, b); }

/// Where a < b: yes, else no.
AM_INLINE Vec vpick(Vec a, Vec b, Vec yes, Vec no) {
  return _mm512_mask_blend_ps(_mm512_cmp_ps_mask(a, b, _CMP_LT_OQ), no, yes);
}
/// The entries `begin` .. `end` - 1 of x, elsewhere y.
AM_INLINE Vec vwithin(Index begin, Index end, Vec x, Vec y) {
  const unsigned from = begin <= 0 ? 0xffffU : ~0U << (begin < kWidth ? begin : kWidth);
  return _mm512_mask_blend_ps(static_cast<__mmask16>(from & first(end < 0 ? 0 : end)), y, x);
}
AM_INLINE Vec vround(Vec x) { return _mm512_roundscale_ps(x, 8); }
/// x * 2^n for whole n.
AM_INLINE Vec vscale(Vec x, Vec n) { return _mm512_scalef_ps(x, n); }

/// A register's entries as whole numbers of 32 bits, and of 16.
using Bits = __m512i;
using Halves = __m256i;

AM_INLINE Bits bits_of(Vec x) { return _mm512_castps_si512(x); }
AM_INLINE Vec of_bits(Bits x) { return _mm512_castsi512_ps(x); }
AM_INLINE Bits bset(std::uint32_t x) { return _mm512_set1_epi32(static_cast<int>(x)); }
AM_INLINE Bits bcount() {
  return _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
}
AM_INLINE Bits badd(Bits a, Bits b) { return _mm512_add_epi32(a, b); }
AM_INLINE Bits bsub(Bits a, Bits b) { return _mm512_sub_epi32(a, b); }
AM_INLINE Bits bmul(Bits a, Bits b) { return _mm512_mullo_epi32(a, b); }
AM_INLINE Bits band(Bits a, Bits b) { return _mm512_and_si512(a, b); }
AM_INLINE Bits bxor(Bits a, Bits b) { return _mm512_xor_si512(a, b); }
template <int kBy>
AM_INLINE Bits bright(Bits x) {
  return _mm512_srli_epi32(x, kBy);
}
template <int kBy>
AM_INLINE Bits bleft(Bits x) {
  return _mm512_slli_epi32(x, kBy);
}
/// Both halves are signed numbers, in x and in `factors`: the sums of their products.
AM_INLINE Bits bmuladd(Bits x, std::uint32_t factors) {
  return _mm512_madd_epi16(x, bset(factors));
}
AM_INLINE Bits bswap_halves(Bits x) { return _mm512_rol_epi32(x, 16); }
/// Lower halves of a, upper ones of b.
AM_INLINE Bits bhalves(Bits a, Bits b) {
  return _mm512_ternarylogic_epi32(bset(0xffff0000), b, a, 0xca);
}
/// Entries 0, 2, .. of a, 1, 3, .. of b.
AM_INLINE Bits bturns(Bits a, Bits b) { return _mm512_mask_blend_epi32(0xaaaa, a, b); }
/// As many bytes as a register has.
AM_INLINE Bits bload(const void* p) { return _mm512_loadu_si512(p); }
AM_INLINE void bstore(void* p, Bits x) { _mm512_storeu_si512(p, x); }
/// `no` where x is not a number, else yes.
AM_INLINE Bits bnumber(Vec x, Bits yes, Bits no) {
  return _mm512_mask_mov_epi32(yes, _mm512_cmp_ps_mask(x, x, _CMP_UNORD_Q), no);
}
/// Whether any entry is not a number.
AM_INLINE bool any_not_number(Vec a, Vec b) { return _mm512_cmp_ps_mask(a, b, _CMP_UNORD_Q) != 0; }
AM_INLINE Bits upper_from(Halves x) { return _mm512_slli_epi32(_mm512_cvtepu16_epi32(x), 16); }
AM_INLINE Bits signed_from(Halves x) { return _mm512_cvtepi16_epi32(x); }
AM_INLINE Halves lower_of(Bits x) { return _mm512_cvtepi32_epi16(x); }
AM_INLINE Halves load_halves(const std::uint16_t* p) {
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
}
AM_INLINE Halves load_halves(const std::uint16_t* p, Index n) {
  return _mm256_maskz_loadu_epi16(first(n), p);
}
AM_INLINE void store_halves(std::uint16_t* p, Halves x) {
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), x);
}
AM_INLINE void stream_halves(std::uint16_t* p, Halves x) {
  _mm256_stream_si256(reinterpret_cast<__m256i*>(p), x);
}
AM_INLINE void store_halves(std::uint16_t* p, Halves x, Index n) {
  _mm256_mask_storeu_epi16(p, first(n), x);
}

/// The upper bytes of halves whose lower ones are 0.
AM_INLINE Halves load_halves(const std::uint8_t* p) {
  const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
  return _mm256_slli_epi16(_mm256_cvtepi8_epi16(bytes), 8);
}
AM_INLINE Halves load_halves(const std::uint8_t* p, Index n) {
  return _mm256_slli_epi16(_mm256_cvtepi8_epi16(_mm_maskz_loadu_epi8(first(n), p)), 8);
}
AM_INLINE void store_halves(std::uint8_t* p, Halves x) {
  const __m128i bytes = _mm256_cvtepi16_epi8(_mm256_srli_epi16(x, 8));
  _mm_storeu_si128(reinterpret_cast<__m128i*>(p), bytes);
}
AM_INLINE void store_halves(std::uint8_t* p, Halves x, Index n) {
  _mm_mask_storeu_epi8(p, first(n), _mm256_cvtepi16_epi8(_mm256_srli_epi16(x, 8)));
}

/// Twice as many signed bytes as a register has entries, into its halves.
AM_INLINE Bits bload_bytes(const std::uint8_t* p) {
  return _mm512_cvtepi8_epi16(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)));
}
/// The lower bytes of the halves.
AM_INLINE void bstore_bytes(std::uint8_t* p, Bits x) {
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), _mm512_cvtepi16_epi8(x));
}

AM_INLINE __m512i even_entries() {
  return _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
}
/// Entries 0, 2, .. of both, first a's.
AM_INLINE Vec vevens(Vec a, Vec b) { return _mm512_permutex2var_ps(a, even_entries(), b); }
/// Entries 1, 3, ..
AM_INLINE Vec vodds(Vec a, Vec b) {
  return _mm512_permutex2var_ps(a, badd(even_entries(), bset(1)), b);
}
AM_INLINE __m512i pair_entries() {
  return _mm512_setr_epi32(0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
}
/// a0, b0, a1, b1, ..: the first register of it.
AM_INLINE Vec vfirst(Vec a, Vec b) { return _mm512_permutex2var_ps(a, pair_entries(), b); }
AM_INLINE Vec vsecond(Vec a, Vec b) {
  return _mm512_permutex2var_ps(a, badd(pair_entries(), bset(8)), b);
}

AM_INLINE Vec quarters(Vec a, Vec b, bool odd) {
  return odd ? _mm512_shuffle_f32x4(a, b, 0xdd) : _mm512_shuffle_f32x4(a, b, 0x88);
}

/// The matrix of kWidth registers, rows for columns.
AM_INLINE void vtranspose(Vec* r) {
  Vec pairs[16], quads[16], halves[16];
#pragma GCC unroll 16
  for (int i = 0; i < 16; i += 2) {
    pairs[i] = _mm512_unpacklo_ps(r[i], r[i + 1]);
    pairs[i + 1] = _mm512_unpackhi_ps(r[i], r[i + 1]);
  }
#pragma GCC unroll 16
  for (int i = 0; i < 16; ++i) {  // quads[i]: columns i % 4 + 4 * lane of rows 4 (i / 4) ..
    const int from = i / 4 * 4 + i % 4 / 2;
    const __m512d a = _mm512_castps_pd(pairs[from]);
    const __m512d b = _mm512_castps_pd(pairs[from + 2]);
    quads[i] = _mm512_castpd_ps(i % 2 == 0 ? _mm512_unpacklo_pd(a, b) : _mm512_unpackhi_pd(a, b));
  }
#pragma GCC unroll 16
  for (int i = 0; i < 8; ++i) {  // i: column % 4, upper or lower rows
    const int from = i / 4 * 8 + i % 4;
    halves[i] = quarters(quads[from], quads[from + 4], false);     // lanes 0, 2 of both
    halves[i + 8] = quarters(quads[from], quads[from + 4], true);  // lanes 1, 3
  }
#pragma GCC unroll 16
  for (int i = 0; i < 4; ++i) {
    r[i] = quarters(halves[i], halves[i + 4], false);
    r[i + 8] = quarters(halves[i], halves[i + 4], true);
    r[i + 4] = quarters(halves[i + 8], halves[i + 12], false);
    r[i + 12] = quarters(halves[i + 8], halves[i + 12], true);
  }
}

/// Neighbours 2 i and 2 i + 1 change places.
AM_INLINE Vec vswap(Vec x) { return _mm512_permute_ps(x, 0xb1); }
/// Each entry of the lower half twice.
AM_INLINE Vec vtwice(Vec x) {
  return _mm512_permutexvar_ps(_mm512_setr_epi32(0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7),
                               x);
}
/// -1, 1, -1, ...
AM_INLINE Vec valternate() {
  return _mm512_setr_ps(-1, 1, -1, 1, -1, 1, -1, 1, -1, 1, -1, 1, -1, 1, -1, 1);
}

/// Sum of the entries, in one order.
AM_INLINE float vsum(Vec x) { return _mm512_reduce_add_ps(x); }
AM_INLINE float vlargest(Vec x) { return _mm512_reduce_max_ps(x); }

#else

using Vec = __m256;
inline constexpr int kWidth = 8;

AM_INLINE __m256i first(Index n) {
  const __m256i index = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
  return _mm256_cmpgt_epi32(_mm256_set1_epi32(static_cast<int>(n)), index);
}
AM_INLINE Vec vload(const float* p) { return _mm256_loadu_ps(p); }
AM_INLINE Vec vload(const float* p, Index n) { return _mm256_maskload_ps(p, first(n)); }
AM_INLINE void vstore(float* p, Vec x) { _mm256_storeu_ps(p, x); }
AM_INLINE void vstream(float* p, Vec x) { _mm256_stream_ps(p, x); }
AM_INLINE void vstore(float* p, Vec x, Index n) { _mm256_maskstore_ps(p, first(n), x); }
AM_INLINE Vec vset(float x) { return _mm256_set1_ps(x); }
AM_INLINE Vec vfma(Vec a, Vec b, Vec c) { return _mm256_fmadd_ps(a, b, c); }
AM_INLINE Vec vadd(Vec a, Vec b) { return _mm256_add_ps(a, b); }
AM_INLINE Vec vsub(Vec a, Vec b) { return _mm256_sub_ps(a, b); }
AM_INLINE Vec vmul(Vec a, Vec b) { return _mm256_mul_ps(a, b); }
AM_INLINE Vec vdiv(Vec a, Vec b) { return _mm256_div_ps(a, b); }
AM_INLINE Vec vsqrt(Vec x) { return _mm256_sqrt_ps(x); }
AM_INLINE Vec vmax(Vec a, Vec b) { return _mm256_max_ps(a, b); }
AM_INLINE Vec vmin(Vec a, Vec b) { return _mm256_min_ps(a, b); }

AM_INLINE Vec vpick(Vec a, Vec b, Vec yes, Vec no) {
  return _mm256_blendv_ps(no, yes, _mm256_cmp_ps(a, b, _CMP_LT_OQ));
}
AM_INLINE Vec vwithin(Index begin, Index end, Vec x, Vec y) {
  const auto bound = [](Index n) { return n < 0 ? Index{0} : n; };
  const __m256i inside = _mm256_andnot_si256(first(bound(begin)), first(bound(end)));
  return _mm256_blendv_ps(y, x, _mm256_castsi256_ps(inside));
}
AM_INLINE Vec vround(Vec x) { return _mm256_round_ps(x, 8); }
AM_INLINE Vec vscale(Vec x, Vec n) {
  const __m256i power = _mm256_add_epi32(_mm256_cvtps_epi32(n), _mm256_set1_epi32(127));
  return _mm256_mul_ps(x, _mm256_castsi256_ps(_mm256_slli_epi32(power, 23)));
}

using Bits = __m256i;
using Halves = __m128i;

AM_INLINE Bits bits_of(Vec x) { return _mm256_castps_si256(x); }
AM_INLINE Vec of_bits(Bits x) { return _mm256_castsi256_ps(x); }
AM_INLINE Bits bset(std::uint32_t x) { return _mm256_set1_epi32(static_cast<int>(x)); }
AM_INLINE Bits bcount() { return _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7); }
AM_INLINE Bits badd(Bits a, Bits b) { return _mm256_add_epi32(a, b); }
AM_INLINE Bits bsub(Bits a, Bits b) { return _mm256_sub_epi32(a, b); }
AM_INLINE Bits bmul(Bits a, Bits b) { return _mm256_mullo_epi32(a, b); }
AM_INLINE Bits band(Bits a, Bits b) { return _mm256_and_si256(a, b); }
AM_INLINE Bits bxor(Bits a, Bits b) { return _mm256_xor_si256(a, b); }
template <int kBy>
AM_INLINE Bits bright(Bits x) {
  return _mm256_srli_epi32(x, kBy);
}
template <int kBy>
AM_INLINE Bits bleft(Bits x) {
  return _mm256_slli_epi32(x, kBy);
}
AM_INLINE Bits bmuladd(Bits x, std::uint32_t factors) {
  return _mm256_madd_epi16(x, bset(factors));
}
AM_INLINE Bits bswap_halves(Bits x) {
  return _mm256_shufflehi_epi16(_mm256_shufflelo_epi16(x, 0xb1), 0xb1);
}
AM_INLINE Bits bhalves(Bits a, Bits b) { return _mm256_blend_epi16(a, b, 0xaa); }
AM_INLINE Bits bturns(Bits a, Bits b) { return _mm256_blend_epi32(a, b, 0xaa); }
AM_INLINE Bits bload(const void* p) { return _mm256_loadu_si256(static_cast<const Bits*>(p)); }
AM_INLINE void bstore(void* p, Bits x) { _mm256_storeu_si256(static_cast<Bits*>(p), x); }
AM_INLINE Bits bnumber(Vec x, Bits yes, Bits no) {
  return _mm256_blendv_epi8(yes, no, _mm256_castps_si256(_mm256_cmp_ps(x, x, _CMP_UNORD_Q)));
}
AM_INLINE bool any_not_number(Vec a, Vec b) {
  return _mm256_movemask_ps(_mm256_cmp_ps(a, b, _CMP_UNORD_Q)) != 0;
}
AM_INLINE Bits upper_from(Halves x) { return _mm256_slli_epi32(_mm256_cvtepu16_epi32(x), 16); }
AM_INLINE Bits signed_from(Halves x) { return _mm256_cvtepi16_epi32(x); }
AM_INLINE Halves lower_of(Bits x) {
  const __m256i low = band(x, bset(0xffff));
  return _mm_packus_epi32(_mm256_castsi256_si128(low), _mm256_extracti128_si256(low, 1));
}
AM_INLINE Halves load_halves(const std::uint16_t* p) {
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
}
AM_INLINE void store_halves(std::uint16_t* p, Halves x) {
  _mm_storeu_si128(reinterpret_cast<__m128i*>(p), x);
}
AM_INLINE void stream_halves(std::uint16_t* p, Halves x) {
  _mm_stream_si128(reinterpret_cast<__m128i*>(p), x);
}
/// The upper bytes of halves whose lower ones are 0.
AM_INLINE Halves load_halves(const std::uint8_t* p) {
  const __m128i bytes = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(p));
  return _mm_slli_epi16(_mm_cvtepi8_epi16(bytes), 8);
}
AM_INLINE void store_halves(std::uint8_t* p, Halves x) {
  const __m128i bytes = _mm_packus_epi16(_mm_srli_epi16(x, 8), _mm_setzero_si128());
  _mm_storel_epi64(reinterpret_cast<__m128i*>(p), bytes);
}
AM_INLINE Bits bload_bytes(const std::uint8_t* p) {
  return _mm256_cvtepi8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
}
AM_INLINE void bstore_bytes(std::uint8_t* p, Bits x) {
  const __m256i low = band(x, bset(0x00ff00ff));
  _mm_storeu_si128(reinterpret_cast<__m128i*>(p),
                   _mm_packus_epi16(_mm256_castsi256_si128(low), _mm256_extracti128_si256(low, 1)));
}

/// Entries 0, 1, 4, 5, 2, 3, 6, 7.
AM_INLINE Vec inner_pairs_swapped(Vec x) {
  return _mm256_castpd_ps(_mm256_permute4x64_pd(_mm256_castps_pd(x), 0xd8));
}
AM_INLINE Vec vevens(Vec a, Vec b) { return inner_pairs_swapped(_mm256_shuffle_ps(a, b, 0x88)); }
AM_INLINE Vec vodds(Vec a, Vec b) { return inner_pairs_swapped(_mm256_shuffle_ps(a, b, 0xdd)); }
AM_INLINE Vec vfirst(Vec a, Vec b) {
  return _mm256_permute2f128_ps(_mm256_unpacklo_ps(a, b), _mm256_unpackhi_ps(a, b), 0x20);
}
AM_INLINE Vec vsecond(Vec a, Vec b) {
  return _mm256_permute2f128_ps(_mm256_unpacklo_ps(a, b), _mm256_unpackhi_ps(a, b), 0x31);
}

template <class Element>
AM_INLINE Halves load_halves(const Element* p, Index n) {
  alignas(16) Element whole[kWidth] = {};
  for (Index i = 0; i < kWidth && i < n; ++i) {
    whole[i] = p[i];
  }
  return load_halves(whole);
}
template <class Element>
AM_INLINE void store_halves(Element* p, Halves x, Index n) {
  alignas(16) Element whole[kWidth];
  store_halves(whole, x);
  for (Index i = 0; i < kWidth && i < n; ++i) {
    p[i] = whole[i];
  }
}

AM_INLINE void vtranspose(Vec* r) {
  Vec pairs[8], quads[8];
#pragma GCC unroll 8
  for (int i = 0; i < 8; i += 2) {
    pairs[i] = _mm256_unpacklo_ps(r[i], r[i + 1]);
    pairs[i + 1] = _mm256_unpackhi_ps(r[i], r[i + 1]);
  }
#pragma GCC unroll 8
  for (int i = 0; i < 8; ++i) {  // quads[i]: columns i % 4 + 4 * lane of rows 4 (i / 4) ..
    const int from = i / 4 * 4 + i % 4 / 2;
    const __m256d a = _mm256_castps_pd(pairs[from]);
    const __m256d b = _mm256_castps_pd(pairs[from + 2]);
    quads[i] = _mm256_castpd_ps(i % 2 == 0 ? _mm256_unpacklo_pd(a, b) : _mm256_unpackhi_pd(a, b));
  }
#pragma GCC unroll 8
  for (int i = 0; i < 4; ++i) {
    r[i] = _mm256_permute2f128_ps(quads[i], quads[i + 4], 0x20);
    r[i + 4] = _mm256_permute2f128_ps(quads[i], quads[i + 4], 0x31);
  }
}

AM_INLINE Vec vswap(Vec x) { return _mm256_permute_ps(x, 0xb1); }
AM_INLINE Vec vtwice(Vec x) {
  return _mm256_permutevar8x32_ps(x, _mm256_setr_epi32(0, 0, 1, 1, 2, 2, 3, 3));
}
AM_INLINE Vec valternate() { return _mm256_setr_ps(-1, 1, -1, 1, -1, 1, -1, 1); }

AM_INLINE float vsum(Vec x) {
  const __m128 four = _mm_add_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));
  const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_add_ss(two, _mm_shuffle_ps(two, two, 1)));
}
AM_INLINE float vlargest(Vec x) {
  const __m128 four = _mm_max_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));
  const __m128 two = _mm_max_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_max_ss(two, _mm_shuffle_ps(two, two, 1)));
}

#endif

inline constexpr std::uint32_t kNotANumber = 0x7fc00000;

/// bfloat16 is the upper half of a float32.
AM_INLINE Vec widen(Halves x) { return of_bits(upper_from(x)); }
AM_INLINE Halves upper_of(Bits x) { return lower_of(bright<16>(x)); }
/// To the nearest, ties to even; not a number stays one.
AM_INLINE Halves narrow(Vec x) {
  const Bits bits = bits_of(x);
  const Bits odd = band(bright<16>(bits), bset(1));
  const Bits rounded = badd(bits, badd(odd, bset(0x7fff)));
  return upper_of(bnumber(x, rounded, bset(kNotANumber)));
}
AM_INLINE Vec to_bf16(Vec x) { return widen(narrow(x)); }
AM_INLINE Vec vload_bf16(const std::uint16_t* p) { return widen(load_halves(p)); }
AM_INLINE Vec vload_bf16(const std::uint16_t* p, Index n) { return widen(load_halves(p, n)); }
AM_INLINE void vstore_bf16(std::uint16_t* p, Vec x) { store_halves(p, narrow(x)); }
AM_INLINE void vstore_bf16(std::uint16_t* p, Vec x, Index n) { store_halves(p, narrow(x), n); }

}  // namespace automodel::ops::cpu::AM_ISA
