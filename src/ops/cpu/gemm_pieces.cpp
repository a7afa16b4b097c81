#include "ops/cpu/gemm_pieces.h"

#include <algorithm>

#include "ops/cpu/operands.h"

namespace automodel::ops::cpu {
namespace {

constexpr Index kPieceFloats = 1 << 20;      // packed rows of one piece
constexpr Index kPartSteps = 768;            // of a long inner dimension: its rows stay in caches
constexpr Index kGradientFloats = 32 << 10;  // of an update, beside its entries in the caches
constexpr Index kStepUnit = 16;              // steps that kernels take at once at most

/// The same step for every part of the inner dimension, and blocks of even length.
Steps steps_of(const Operand& a, const Operand& b, Index inner, const GemmKernels& kernels) {
  const bool pairs =
      kernels.has_pairs && a.storage == Storage::bfloat16 && b.storage == Storage::bfloat16;
  Steps steps{.inner = inner,
              .pairs = pairs,
              .per_block = 0,
              .by_row = a.inner_contiguous || (kernels.has_tiles && pairs)};
  if (inner > 0) {
    const Index even = ceil_div(steps.count(), ceil_div(steps.count(), kernels.block_steps));
    steps.per_block = ceil_div(even, kStepUnit) * kStepUnit;
  }
  return steps;
}

/// Rows of a piece. Where products are many (whatever the number of workers, so that sums are the
/// same), a task's caches shall hold them packed, if they are still a tile.
Index most_rows(const Product& product, const Steps& steps, bool are_many,
                const GemmKernels& kernels) {
  const Index most = kRowsFloats / std::max(kernels.panel_rows * steps.count(), Index{1});
  if (!are_many || most < kTileRowPanels) {
    return kPieceFloats / std::max(steps.count(), Index{1});
  }
  const Index panels = ceil_div(product.rows, kernels.panel_rows);
  return ceil_div(panels, std::max(ceil_div(panels, most), Index{1})) * kernels.panel_rows;
}

}  // namespace

std::vector<Range> cut(Index size, Index most, Index unit) {
  const Index step = std::max(most / unit, Index{1}) * unit;
  std::vector<Range> out;
  for (Index begin = 0; begin < size || out.empty(); begin += step) {
    out.push_back({begin, std::min(begin + step, size)});
  }
  return out;
}

Index Piece::tile_rows() const {
  const Index panel = panel_rows * std::max(product->columns, Index{1});
  return panel_rows * (updates() ? std::clamp(kGradientFloats / panel, Index{1}, kTileRowPanels)
                                 : kTileRowPanels);
}

void add_pieces(const Product& product, bool are_many, const GemmKernels& kernels,
                std::vector<Piece>& out) {
  const Index per_step = steps_of(product.a, product.b, 2, kernels).pairs ? 2 : 1;
  // what is added was rounded to it
  const bool adds = product.out.storage == Storage::float32 && product.update.size == 0;
  const bool is_long = adds && product.inner > kMaxSteps * per_step;
  const Index most_inner = is_long ? kPartSteps * per_step : std::max(product.inner, Index{1});
  for (const Range& inner : cut(product.inner, most_inner, 1)) {
    const Steps steps = steps_of(product.a, product.b, inner.size(), kernels);
    const Index most = most_rows(product, steps, are_many, kernels);
    for (const Range& rows : cut(product.rows, most, kernels.panel_rows)) {
      Piece piece{.product = &product, .rows = rows, .inner = inner, .steps = steps};
      const AddedProduct& added = product.added;
      piece.added_steps = steps_of(added.a, added.b, inner.begin == 0 ? added.inner : 0, kernels);
      piece.added_steps.by_row |= steps.by_row;  // so that it may follow in the same registers
      const Index panels = std::max(ceil_div(rows.size(), kernels.panel_rows), Index{1});
      piece.panel_rows = std::max(ceil_div(rows.size(), panels), Index{1});
      piece.row_panels = ceil_div(rows.size(), piece.panel_rows);
      if (product.columns <= kernels.panel_columns) {
        piece.packing = Packing::in_tile;
      }
      out.push_back(piece);
    }
  }
}

Operand part(const Operand& whole, Index outer, Index inner) {
  Operand out = whole;
  const Index row = whole.inner_contiguous ? outer : inner;
  const Index column = whole.inner_contiguous ? inner : outer;
  const Index elements = (whole.rows == nullptr ? row * whole.stride : 0) + column;
  if (whole.data == nullptr) {
    return out;
  }
  out.data =
      static_cast<const char*>(whole.data) + elements * (whole.storage == Storage::float32 ? 4 : 2);
  out.rows = whole.rows == nullptr ? nullptr : whole.rows + row;
  return out;
}

}  // namespace automodel::ops::cpu
