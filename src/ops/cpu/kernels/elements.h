#pragma once
// Loops over rows in either storage.

#include "ops/cpu/kernels/load.h"
#include "ops/cpu/kernels/math.h"

namespace automodel::ops::cpu::AM_ISA {

/// A typed pointer into Elements.
template <class Stored>
struct Row {
  using Element = typename Stored::Element;
  explicit Row(const Elements& elements, Index offset = 0)
      : data(elements.data == nullptr ? nullptr : static_cast<Element*>(elements.data) + offset) {}
  AM_INLINE Vec load(Index i, Index n) const {
    return n >= kWidth ? Stored::load(data + i) : Stored::load(data + i, n);
  }
  AM_INLINE void store(Index i, Index n, Vec x) const {
    n >= kWidth ? Stored::store(data + i, x) : Stored::store(data + i, x, n);
  }
  Element* data;
};

/// Rounded to the storage and back.
AM_INLINE Vec rounded(StoredFloat32 /*stored*/, Vec x) { return x; }
AM_INLINE Vec rounded(StoredBfloat16 /*stored*/, Vec x) { return to_bf16(x); }

AM_INLINE Vec vsigmoid(Vec x) { return vdiv(vset(1), vadd(vset(1), vexp(vsub(vset(0), x)))); }

}  // namespace automodel::ops::cpu::AM_ISA
