#pragma once
// What a step of a product is in memory, and how elements are stored.

#include "ops/cpu/kernels/vec.h"

namespace automodel::ops::cpu::AM_ISA {

/// Sums of squares before they are rounded to what is stored.
struct ExactSquares {
  AM_INLINE static Vec add_squares(Vec x, Vec next, Vec sum) {
    return vfma(next, next, vfma(x, x, sum));
  }
};

/// Elements of float32 arrays.
struct StoredFloat32 : ExactSquares {
  using Element = float;
  AM_INLINE static Vec load(const float* p) { return vload(p); }
  AM_INLINE static Vec load(const float* p, Index n) { return vload(p, n); }
  AM_INLINE static void store(float* p, Vec x) { vstore(p, x); }
  AM_INLINE static void store(float* p, Vec x, Index n) { vstore(p, x, n); }
  /// Two neighbouring registers.
  AM_INLINE static void store_two(float* p, Vec x, Vec next) {
    vstore(p, x);
    vstore(p + kWidth, next);
  }
  AM_INLINE static void stream_two(float* p, Vec x, Vec next) {
    vstream(p, x);
    vstream(p + kWidth, next);
  }
};

struct StoredBfloat16 : ExactSquares {
  using Element = std::uint16_t;
  AM_INLINE static Vec load(const std::uint16_t* p) { return vload_bf16(p); }
  AM_INLINE static Vec load(const std::uint16_t* p, Index n) { return vload_bf16(p, n); }
  AM_INLINE static void store(std::uint16_t* p, Vec x) { vstore_bf16(p, x); }
  AM_INLINE static void store(std::uint16_t* p, Vec x, Index n) { vstore_bf16(p, x, n); }
  AM_INLINE static void store_two(std::uint16_t* p, Vec x, Vec next) {
    store(p, x);
    store(p + kWidth, next);
  }
  AM_INLINE static void stream_two(std::uint16_t* p, Vec x, Vec next) {
    stream_halves(p, narrow(x));
    stream_halves(p + kWidth, narrow(next));
  }
};

/// An operand whose steps are rows: where its first column lies.
struct Across {
  Across(const Operand& operand, Index first_column, Index inner_size, Index element_bytes)
      : first(static_cast<Bytes>(operand.data) + first_column * element_bytes),
        rows(operand.rows),
        stride(operand.stride),
        inner(inner_size) {}
  AM_INLINE Index offset(Index entry) const {
    return (rows == nullptr ? entry : rows[entry]) * stride;
  }
  Bytes first;
  const std::int64_t* rows;
  Index stride, inner;
};

/// One element a step, widened to float32.
template <class Stored>
struct LoadElements {
  using Element = typename Stored::Element;
  static constexpr Index kPerStep = 1;
  static constexpr Index kElementBytes = sizeof(Element);
  static constexpr Index kStepBytes = kElementBytes;
  AM_INLINE static const Element* at(Bytes p) { return reinterpret_cast<const Element*>(p); }

  /// The next kWidth (or n) steps of one row.
  AM_INLINE static Vec steps(Bytes p) { return Stored::load(at(p)); }
  AM_INLINE static Vec steps(Bytes p, Index n) { return Stored::load(at(p), n); }
  /// The step that an odd number of elements leaves.
  AM_INLINE static float half_step(Bytes /*p*/) { return 0; }
  /// One step of kWidth neighbouring columns, of which `columns` exist.
  AM_INLINE static Vec across(const Across& from, Index step, Index columns) {
    const Element* p = at(from.first) + from.offset(step);
    return columns >= kWidth ? Stored::load(p) : Stored::load(p, columns);
  }
  /// One step of 2 * kWidth neighbouring columns.
  AM_INLINE static void across_two(const Across& from, Index step, float* out) {
    const Element* p = at(from.first) + from.offset(step);
    vstore(out, Stored::load(p));
    vstore(out + kWidth, Stored::load(p + kWidth));
  }
  AM_INLINE static void prefetch(const Across& from, Index step) {
    if (step < from.inner) {
      const Element* p = at(from.first) + from.offset(step);
      __builtin_prefetch(p);
      __builtin_prefetch(p + 2 * kWidth - 1);
    }
  }
};

using LoadFloat32 = LoadElements<StoredFloat32>;
using LoadBfloat16 = LoadElements<StoredBfloat16>;

struct MultiplyFloat32 {
  static constexpr bool kInPairs = false;
  using Rounded = StoredBfloat16;  // of sums
  AM_INLINE static Vec add(Vec a, Vec b, Vec sum) { return vfma(a, b, sum); }
};

#if defined(__AVX512BF16__)

inline constexpr bool kHasPairs = true;

/// Two bfloat16 a step, the first one in the lower half.
struct LoadPairs {
  static constexpr Index kPerStep = 2;
  static constexpr Index kElementBytes = 2;
  static constexpr Index kStepBytes = 4;
  AM_INLINE static const float* at(Bytes p) { return reinterpret_cast<const float*>(p); }
  AM_INLINE static const std::uint16_t* element(Bytes p) {
    return reinterpret_cast<const std::uint16_t*>(p);
  }

  AM_INLINE static Vec steps(Bytes p) { return vload(at(p)); }
  AM_INLINE static Vec steps(Bytes p, Index n) { return vload(at(p), n); }
  AM_INLINE static float half_step(Bytes p) {
    const std::uint32_t bits = *element(p);
    float out;
    __builtin_memcpy(&out, &bits, sizeof(out));
    return out;
  }
  AM_INLINE static Vec across(const Across& from, Index step, Index columns) {
    const std::uint16_t* p = element(from.first);
    const Vec low = vload_bf16(p + from.offset(2 * step), columns);
    const Vec high =
        2 * step + 1 < from.inner ? vload_bf16(p + from.offset(2 * step + 1), columns) : vset(0);
    const __m512i shifted = _mm512_srli_epi32(_mm512_castps_si512(low), 16);
    return _mm512_castsi512_ps(_mm512_or_si512(shifted, _mm512_castps_si512(high)));
  }
  /// One step of 2 * kWidth neighbouring columns.
  AM_INLINE static void across_two(const Across& from, Index step, float* out) {
    const std::uint16_t* p = element(from.first);
    const __m512i low = _mm512_loadu_si512(p + from.offset(2 * step));
    const __m512i high = 2 * step + 1 < from.inner
                             ? _mm512_loadu_si512(p + from.offset(2 * step + 1))
                             : _mm512_setzero_si512();
    const __m512i count = bcount();
    const __m512i lower =  // entry i of `low`, then entry i of `high`
        _mm512_or_si512(count, _mm512_slli_epi32(_mm512_add_epi32(count, bset(32)), 16));
    const __m512i upper = _mm512_add_epi16(lower, _mm512_set1_epi16(kWidth));
    vstore(out, of_bits(_mm512_permutex2var_epi16(low, lower, high)));
    vstore(out + kWidth, of_bits(_mm512_permutex2var_epi16(low, upper, high)));
  }
  AM_INLINE static void prefetch(const Across& from, Index step) {
    if (2 * step + 1 < from.inner) {
      __builtin_prefetch(element(from.first) + from.offset(2 * step), 0, 2);
      __builtin_prefetch(element(from.first) + from.offset(2 * step + 1), 0, 2);
    }
  }
};

/// Rounded to the nearest; what float32 holds below its smallest normal number becomes 0, as in
/// products of pairs.
AM_INLINE Halves round_halves(Vec x) { return (__m256i)_mm512_cvtneps_pbh(x); }

/// Both registers by one such instruction.
struct StoredRounded : StoredBfloat16 {
  AM_INLINE static __m512i rounded(Vec x, Vec next) {
    return (__m512i)_mm512_cvtne2ps_pbh(next, x);
  }
  AM_INLINE static void store_two(std::uint16_t* p, Vec x, Vec next) {
    _mm512_storeu_si512(p, rounded(x, next));
  }
  AM_INLINE static void stream_two(std::uint16_t* p, Vec x, Vec next) {
    _mm512_stream_si512(reinterpret_cast<__m512i*>(p), rounded(x, next));
  }
  /// Of what is stored.
  AM_INLINE static Vec add_squares(Vec x, Vec next, Vec sum) {
    const auto both = (__m512bh)rounded(x, next);
    return _mm512_dpbf16_ps(sum, both, both);
  }
};

struct MultiplyPairs {
  static constexpr bool kInPairs = true;
  using Rounded = StoredRounded;
  AM_INLINE static Vec add(Vec a, Vec b, Vec sum) {
    return _mm512_dpbf16_ps(sum, (__m512bh)_mm512_castps_si512(a),
                            (__m512bh)_mm512_castps_si512(b));
  }
};

#else

inline constexpr bool kHasPairs = false;
using LoadPairs = LoadBfloat16;  // never asked for
using MultiplyPairs = MultiplyFloat32;
AM_INLINE Halves round_halves(Vec x) { return narrow(x); }

#endif

/// Entries of two rows as pairs, the first one's in the lower half.
AM_INLINE Vec pair_up(Vec first, Vec second) {
  const Bits low = bright<16>(upper_from(round_halves(first)));
  return of_bits(bxor(low, upper_from(round_halves(second))));
}

}  // namespace automodel::ops::cpu::AM_ISA
