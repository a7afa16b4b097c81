#pragma once
// The product at the heart of every kernel by tiles (AMX): an instruction takes 16 rows by 16
// columns and 16 steps of two bfloat16.
//
// The operands are the panels that the product by registers reads (strip.h): rows whose steps lie
// one behind the other, and steps of kColumns columns.

#include "ops/cpu/kernels/strip.h"

namespace automodel::ops::cpu::AM_ISA {

#if defined(__AMX_BF16__)

constexpr Index kTileSteps = 16, kTileColumns = 16;
static_assert(kRows == 16 && kColumns == 2 * kTileColumns && kRowPanelFloats == kRows * kRowStride);

/// The shapes of the thread's tiles: 0 to 3 are sums of `rows` rows, two above two; 4 and 5 rows of
/// the left operand; 6 and 7 columns of the right one. Whoever else sets them may not do it while
/// this lives.
class Tiles {
 public:
  explicit Tiles(Index rows) {
    struct alignas(64) Shapes {
      std::uint8_t palette = 1, start_row = 0, reserved[14] = {};
      std::uint16_t row_bytes[16] = {};
      std::uint8_t rows[16] = {};
    } shapes;
    for (int tile = 0; tile < 8; ++tile) {
      shapes.row_bytes[tile] = 64;
      shapes.rows[tile] = static_cast<std::uint8_t>(tile < 6 ? rows : kTileSteps);
    }
    _tile_loadconfig(&shapes);
  }
  ~Tiles() { _tile_release(); }
  Tiles(const Tiles&) = delete;
  Tiles& operator=(const Tiles&) = delete;
};

/// float32 sums of whole tiles of steps, of one panel of rows or two. Every panel is computed as a
/// whole.
template <bool kTwo>
AM_INLINE void sum_tiles(const Strip& strip, Index steps) {
  constexpr Index kAlongRow = 4 * kRowStride, kAlongStep = Index{4} * kColumns;  // bytes
  const Index stride = 4 * strip.stride;
  const float* a = strip.a;
  const float* b = strip.b;
  auto* out = static_cast<float*>(strip.sums);
  float* next_out = out + strip.panel_rows * strip.stride;
  __asm__ volatile("" ::: "memory");  // GCC does not know that loads of tiles read memory
  if (strip.add) {
    _tile_loadd(0, out, stride);
    _tile_loadd(1, out + kTileColumns, stride);
    if constexpr (kTwo) {
      _tile_loadd(2, next_out, stride);
      _tile_loadd(3, next_out + kTileColumns, stride);
    }
  } else {
    _tile_zero(0);
    _tile_zero(1);
    _tile_zero(2);
    _tile_zero(3);
  }
  for (Index s = 0; s < steps; s += kTileSteps) {
    _tile_loadd(4, a + s, kAlongRow);
    _tile_loadd(6, b + s * kColumns, kAlongStep);
    _tile_dpbf16ps(0, 4, 6);
    _tile_loadd(7, b + s * kColumns + kTileColumns, kAlongStep);
    _tile_dpbf16ps(1, 4, 7);
    if constexpr (kTwo) {
      _tile_loadd(5, a + kRowPanelFloats + s, kAlongRow);
      _tile_dpbf16ps(2, 5, 6);
      _tile_dpbf16ps(3, 5, 7);
    }
    if (strip.ahead != nullptr) {
      strip.ahead->ask();
    }
  }
  _tile_stored(0, out, stride);
  _tile_stored(1, out + kTileColumns, stride);
  if constexpr (kTwo) {
    _tile_stored(2, next_out, stride);
    _tile_stored(3, next_out + kTileColumns, stride);
  }
}

/// The steps that are no whole tile are added in registers.
AM_INLINE void sum_panels(Index rows, const Strip& strip) {
  const Index whole = strip.steps / kTileSteps * kTileSteps;
  if (whole > 0) {
    rows > strip.panel_rows ? sum_tiles<true>(strip, whole) : sum_tiles<false>(strip, whole);
  }
  Strip rest = strip;
  rest.b += whole * kColumns;
  rest.steps -= whole;
  rest.add = strip.add || whole > 0;
  for (Index row = 0; rest.steps > 0 && row < rows; row += strip.panel_rows) {
    rest.a = strip.a + row / strip.panel_rows * kRowPanelFloats + whole;
    rest.sums = strip.sums_of(row);
    multiply_rows<MultiplyPairs, PackedRows>(least(strip.panel_rows, rows - row), rest);
  }
}

/// Rows of one panel or of two that follow each other, with Tiles(strip.panel_rows) alive. Sums are
/// taken in the output if it is float32 and holds whole panels, else beside it, in the same order.
inline void multiply_by_tiles(Index rows, const Strip& strip) {
  const bool is_float32 = strip.storage == Storage::float32;
  if (is_float32 && !strip.streams && strip.squares == nullptr && rows % strip.panel_rows == 0) {
    return sum_panels(rows, strip);
  }
  alignas(64) float sums[2 * kRows * kColumns];
  Strip own = strip;
  own.sums = sums;
  own.stride = kColumns;
  own.storage = Storage::float32;
  own.streams = false;
  own.squares = nullptr;
  own.add = strip.add && is_float32;
  for (Index r = 0; own.add && r < rows; ++r) {
    const auto* from = static_cast<const float*>(strip.sums_of(r));
    StoredFloat32::store_two(sums + r * kColumns, vload(from), vload(from + kWidth));
  }
  sum_panels(rows, own);
  Strip row = strip;
  row.add = strip.add && !is_float32;
  for (Index r = 0; r < rows; ++r) {
    Vec sum[1][2] = {{vload(sums + r * kColumns), vload(sums + r * kColumns + kWidth)}};
    row.sums = strip.sums_of(r);
    is_float32 ? put<StoredFloat32, 1>(sum, row) : put<MultiplyPairs::Rounded, 1>(sum, row);
  }
}

/// kRows rows of `steps` steps that lie as RowPairsAsSteps says, as a panel of rows.
using TurnedPairs = PackedRows;
AM_INLINE void turn_rows(const float* from, Index steps, float* panel) {
  for (Index s = 0; s < steps; s += kWidth) {
    const Index count = least(kWidth, steps - s);
    Vec x[kWidth];
#pragma GCC unroll 16
    for (int i = 0; i < kWidth; ++i) {
      x[i] = i < count ? vload(from + (s + i) * RowPairsAsSteps::kAlongStep) : vset(0);
    }
    vtranspose(x);
#pragma GCC unroll 16
    for (int i = 0; i < kWidth; ++i) {
      vstore(panel + i * kRowStride + s, x[i]);
    }
  }
}

#else

using TurnedPairs = RowPairsAsSteps;  // nobody turns them

struct Tiles {
  explicit Tiles(Index /*rows*/) {}
};
AM_INLINE void multiply_by_tiles(Index /*rows*/, const Strip& /*strip*/) {}
AM_INLINE void turn_rows(const float* /*from*/, Index /*steps*/, float* /*panel*/) {}

#endif

/// By tiles if the processor has them and the operands lie as they need it.
template <class Multiply, class Layout>
AM_INLINE void multiply_panels(Index rows, const Strip& strip) {
  if constexpr (kHasTiles && Multiply::kInPairs && Layout::kAlongStep == 1) {
    multiply_by_tiles(rows, strip);
  } else {
    multiply_rows<Multiply, Layout>(rows, strip);
  }
}

}  // namespace automodel::ops::cpu::AM_ISA
