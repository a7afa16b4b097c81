#pragma once
// How products are cut for the tasks that compute them.

#include <vector>

#include "ops/cpu/gemm.h"

namespace automodel::ops::cpu {

inline constexpr Index kRowsFloats = 160 << 10;  // packed rows that a task's inner caches keep
inline constexpr Index kTileRowPanels = 8;       // at most

/// A part of a dimension.
struct Range {
  Index begin = 0, end = 0;
  Index size() const { return end - begin; }
  bool operator==(const Range&) const = default;
};

/// [0, size) in parts of at most `most`, which is a multiple of `unit`; one empty part if size is
/// 0.
std::vector<Range> cut(Index size, Index most, Index unit);

/// Where a piece's rows are packed: for all tasks before they begin, in the only task, which has
/// all columns, or tile by tile as they are multiplied, each once since the columns are few.
enum class Packing { before, in_task, in_tile };

/// A part of a product whose rows are packed together.
struct Piece {
  const Product* product = nullptr;
  Range rows, inner;
  Steps steps, added_steps;
  Index panel_rows = 1, row_panels = 0;
  Packing packing = Packing::before;
  bool has_same_rows = false;  // as the piece before it, which packs them
  float* a = nullptr;
  float* added_a = nullptr;
  float* squares = nullptr;  // [row_panels, column panels]; null: nobody asks

  /// The last part of the inner dimension has the whole sums.
  bool has_squares() const { return product->squares != nullptr && inner.end == product->inner; }
  bool reads_rows_of(const Piece& other) const {
    return packing == Packing::before && other.packing == Packing::before &&
           product->a == other.product->a && rows == other.rows && inner == other.inner &&
           steps == other.steps;
  }
  bool updates() const { return product->update.size > 0; }
  /// Rows of a tile.
  Index tile_rows() const;
};

/// The pieces of one product, behind those that are there. Where products are many (whatever the
/// number of workers, so that sums are the same), a task's caches hold the rows of each.
void add_pieces(const Product& product, bool are_many, const GemmKernels& kernels,
                std::vector<Piece>& out);

/// The operand from these entries of both dimensions on.
Operand part(const Operand& whole, Index outer, Index inner);

}  // namespace automodel::ops::cpu
