#pragma once
// The product at the heart of every kernel: a few rows by two registers of columns, with all sums
// in registers.

#include "ops/cpu/kernels/load.h"

namespace automodel::ops::cpu::AM_ISA {

#if defined(__AMX_BF16__)
inline constexpr bool kHasTiles = true;  // tiles.h
#else
inline constexpr bool kHasTiles = false;
#endif

constexpr int kSumRows = kWidth == 16 ? 14 : 6;   // 28 or 12 sums in registers
constexpr int kRows = kHasTiles ? 16 : kSumRows;  // of a panel
constexpr int kColumns = 2 * kWidth;
/// Of a product. Tiles want both panels in the first cache; registers do not: a load from the
/// second one costs them less than sums that are stored and read again.
constexpr Index kBlockSteps = kHasTiles ? 192 : 768;
/// Of a row in a panel of rows; not a power of two, whose multiples share cache sets.
constexpr Index kRowStride = 400;
constexpr Index kRowPanelFloats = kRows * kRowStride;
constexpr Index kBlockRowStride = kHasTiles ? kRowStride : kBlockSteps + 16;

AM_INLINE Index least(Index a, Index b) { return a < b ? a : b; }
AM_INLINE Index ceil_div(Index a, Index b) { return (a + b - 1) / b; }
/// So many columns in whole panels.
AM_INLINE Index in_panels(Index columns) { return ceil_div(columns, kColumns) * kColumns; }

/// The left operand's panel: where its rows and steps lie.
struct PackedRows {  // each row's steps one behind the other
  static constexpr Index kAlongRow = kRowStride, kAlongStep = 1;
};
struct PackedBlockRows {  // the same, of a product
  static constexpr Index kAlongRow = kBlockRowStride, kAlongStep = 1;
};
struct PackedColumns {  // each step's rows one behind the other
  static constexpr Index kAlongRow = 1, kAlongStep = kRows;
};
struct RowsAsSteps {  // PackedRows, read with rows for steps
  static constexpr Index kAlongRow = 1, kAlongStep = kRowStride;
};
struct RowPairsAsSteps {  // the same, each even row holding itself and the next one as pairs
  static constexpr Index kAlongRow = 1, kAlongStep = 2 * kRowStride;
};
static_assert(kRows % 2 == 0);

/// Asks for lines of what is read later, some at a time.
class LinesAhead {
 public:
  LinesAhead(const Ahead& ahead, Index times)
      : before_(static_cast<Index>(reinterpret_cast<unsigned long long>(ahead.first) % kLine)),
        row_(static_cast<Bytes>(ahead.first) - before_),
        row_bytes_(ahead.row_bytes + before_),
        rows_(ahead.rows),
        stride_bytes_(ahead.stride_bytes) {
    const Index lines = ahead.rows * ceil_div(row_bytes_, kLine);
    at_once_ = times > 0 ? ceil_div(lines, times) : 0;
  }

  AM_INLINE void ask() {
    for (Index n = 0; n < at_once_ && rows_ > 0; ++n) {
      __builtin_prefetch(row_ + offset_, 0, 2);
      offset_ += kLine;
      if (offset_ >= row_bytes_) {
        offset_ = 0;
        row_ += stride_bytes_;
        --rows_;
      }
    }
  }

 private:
  static constexpr Index kLine = 64;
  Index before_;  // bytes of a line before the rows
  Bytes row_;
  Index row_bytes_, rows_, stride_bytes_, offset_ = 0, at_once_ = 0;
};

/// Steps between two questions: many lines at once would hold up what computes.
constexpr Index kStepsPerAsk = 16;

/// n entries further.
AM_INLINE void* moved(void* p, Storage storage, Index n) {
  return static_cast<char*>(p) + n * (storage == Storage::float32 ? 4 : 2);
}

/// Steps of a second pair of panels that lie as the first ones do; none: there is no second pair.
struct MoreSteps {
  const float* a = nullptr;
  const float* b = nullptr;
  Index steps = 0;
};

/// Some steps of one panel of rows and one of columns.
struct Strip {
  const float* a;
  const float* b;  // [steps, kColumns]
  Index steps;
  void* sums;
  Index stride;          // of the sums
  bool add;              // to what is there
  bool streams = false;  // past the caches; sums and stride are those of whole lines
  LinesAhead* ahead = nullptr;
  Storage storage = Storage::float32;  // of the sums
  Index panel_rows = kRows;            // with tiles: the next panel's rows follow, with their sums
  float* squares = nullptr;            // of the sums; null: nobody asks
  MoreSteps more = {};                 // not with tiles
  bool is_half = false;  // kWidth columns are enough: sums in float32, which are not streamed

  AM_INLINE void* sums_of(Index row) const { return moved(sums, storage, row * stride); }
};

template <class Stored, bool kSquares, int kR>
AM_INLINE void put_sums(Vec (&sum)[kR][2], const Strip& strip) {
  auto* out = static_cast<typename Stored::Element*>(strip.sums);
  const Index stride = strip.stride;
  Vec squares[2] = {vset(0), vset(0)};  // two chains, which the processor adds side by side
#pragma GCC unroll 16
  for (int r = 0; r < kR; ++r) {
    if (strip.add) {
      sum[r][0] = vadd(sum[r][0], Stored::load(out + r * stride));
      sum[r][1] = vadd(sum[r][1], Stored::load(out + r * stride + kWidth));
    }
    strip.streams ? Stored::stream_two(out + r * stride, sum[r][0], sum[r][1])
                  : Stored::store_two(out + r * stride, sum[r][0], sum[r][1]);
    Vec& chain = squares[r % 2];
    chain = kSquares ? Stored::add_squares(sum[r][0], sum[r][1], chain) : chain;
  }
  if constexpr (kSquares) {
    *strip.squares += vsum(vadd(squares[0], squares[1]));
  }
}

template <class Stored, int kR>
AM_INLINE void put(Vec (&sum)[kR][2], const Strip& strip) {
  strip.squares == nullptr ? put_sums<Stored, false>(sum, strip)
                           : put_sums<Stored, true>(sum, strip);
}

/// The first half of the columns.
template <int kR>
AM_INLINE void put_half(Vec (&sum)[kR][1], const Strip& strip) {
  auto* out = static_cast<float*>(strip.sums);
#pragma GCC unroll 16
  for (int r = 0; r < kR; ++r) {
    float* row = out + r * strip.stride;
    vstore(row, strip.add ? vadd(sum[r][0], vload(row)) : sum[r][0]);
  }
}

template <class Multiply, int kC>
AM_INLINE void add_products(Vec x, Vec first, Vec second, Vec (&sum)[kC]) {
  sum[0] = Multiply::add(x, first, sum[0]);
  if constexpr (kC == 2) {
    sum[1] = Multiply::add(x, second, sum[1]);
  }
}

/// kC registers of columns. Every loop over sums is unrolled, or GCC keeps them in memory at a
/// third of the speed.
template <class Multiply, class Layout, int kR, int kC>
void multiply(const Strip& strip) {
  Vec sum[kR][kC];
#pragma GCC unroll 16
  for (int r = 0; r < kR; ++r) {
#pragma GCC unroll 2
    for (int c = 0; c < kC; ++c) {
      sum[r][c] = vset(0);
    }
  }
  if (!strip.streams) {  // its lines come while the sums are taken
#pragma GCC unroll 16
    for (int r = 0; r < kR; ++r) {
      __builtin_prefetch(strip.sums_of(r), 1, 3);
      if (kWidth == 16) {
        __builtin_prefetch(moved(strip.sums_of(r), strip.storage, kWidth), 1, 3);
      }
    }
  }
  const float* a = strip.a;
  const float* b = strip.b;
  Index steps = strip.steps;
  for (bool is_first = true; steps > 0; is_first = false) {
    for (Index begin = 0; begin < steps; begin += kStepsPerAsk) {
#pragma GCC unroll 4
      for (Index s = begin, end = least(begin + kStepsPerAsk, steps); s < end; ++s) {
        const Vec first = vload(b);
        const Vec second = kC == 2 ? vload(b + kWidth) : first;
#pragma GCC unroll 16
        for (int r = 0; r < kR; ++r) {
          add_products<Multiply>(vset(a[r * Layout::kAlongRow]), first, second, sum[r]);
        }
        a += Layout::kAlongStep;
        b += kColumns;
      }
      if (strip.ahead != nullptr) {
        strip.ahead->ask();
      }
    }
    a = strip.more.a;
    b = strip.more.b;
    steps = is_first ? strip.more.steps : 0;
  }
  if constexpr (kC == 1) {
    put_half<kR>(sum, strip);
  } else {
    strip.storage == Storage::float32 ? put<StoredFloat32, kR>(sum, strip)
                                      : put<typename Multiply::Rounded, kR>(sum, strip);
  }
}

template <class Multiply, class Layout, int kR = kSumRows>
AM_INLINE void multiply_up_to(Index rows, const Strip& strip) {
  if (rows == kR) {
    return strip.is_half ? multiply<Multiply, Layout, kR, 1>(strip)
                         : multiply<Multiply, Layout, kR, 2>(strip);
  }
  if constexpr (kR > 1) {
    multiply_up_to<Multiply, Layout, kR - 1>(rows, strip);
  }
}

/// In registers, in even parts if they do not hold the sums of all rows.
template <class Multiply, class Layout>
AM_INLINE void multiply_rows(Index rows, const Strip& strip) {
  if (kRows == kSumRows || rows <= kSumRows) {
    return multiply_up_to<Multiply, Layout>(rows, strip);
  }
  const Index most = ceil_div(rows, ceil_div(rows, kSumRows));
  Strip part = strip;
  for (Index row = 0; row < rows; row += most) {
    part.a = strip.a + row * Layout::kAlongRow;
    part.sums = strip.sums_of(row);
    multiply_up_to<Multiply, Layout>(least(most, rows - row), part);
  }
}

}  // namespace automodel::ops::cpu::AM_ISA
