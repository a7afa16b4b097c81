#include "ops/cpu/kernels/gemm.h"

#include "ops/cpu/kernels/elements.h"
#include "ops/cpu/kernels/tiles.h"

namespace automodel::ops::cpu::AM_ISA {
namespace {

constexpr Index kStepsAhead = 16;        // of what is read, asked for in advance
constexpr Index kColumnStepsAhead = 64;  // of columns, which may lie in memory

/// Steps begin .. begin + count of one row with contiguous steps.
template <class Load>
void copy_row(Bytes row, Index inner, Index begin, Index count, float* out) {
  const Index whole = least(count, inner / Load::kPerStep - begin);
  Index s = 0;
  for (; s + kWidth <= whole; s += kWidth) {
    vstore(out + s, Load::steps(row + (begin + s) * Load::kStepBytes));
  }
  if (s < whole) {
    vstore(out + s, Load::steps(row + (begin + s) * Load::kStepBytes, whole - s), whole - s);
  }
  if (whole < count) {
    out[whole] = Load::half_step(row + (begin + whole) * Load::kStepBytes);
  }
}

AM_INLINE Bytes outer_entry(const Operand& source, Index i, Index element_bytes) {
  const Index row = source.rows == nullptr ? i : source.rows[i];
  return static_cast<Bytes>(source.data) + row * source.stride * element_bytes;
}

/// Rows whose steps are rows of the operand, by row.
template <class Load>
void pack_turned(const Across& source, Index rows, Index begin, Index count, float* out,
                 Index row_stride) {
  for (Index s = 0; s < count; s += kWidth) {
    Vec x[kWidth];
    for (int i = 0; i < kWidth; ++i) {
      x[i] = s + i < count ? Load::across(source, begin + s + i, rows) : vset(0);
    }
    vtranspose(x);
#pragma GCC unroll 16
    for (int r = 0; r < kWidth; ++r) {
      if (r < rows) {
        vstore(out + r * row_stride + s, x[r]);
      }
    }
  }
}

/// Rows whose steps are rows of the operand, step by step.
template <class Load>
void pack_across(const Across& source, Index rows, Index begin, Index end, float* out) {
  for (Index s = begin; s < end; ++s) {
    Load::prefetch(source, s + kStepsAhead);
    vstore(out + (s - begin) * kRows, Load::across(source, s, rows), kRows);
  }
}

/// For each panel of rows: its first row, their number, and where it lies.
template <class Do>
AM_INLINE void for_each_panel(const PackTask& task, Do do_panel) {
  const Index most = task.per_panel > 0 ? task.per_panel : task.outer_count;
  for (Index row = 0, offset = 0; row < task.outer_count;
       row += most, offset += task.panel_stride) {
    do_panel(task.outer_begin + row, least(most, task.outer_count - row), offset);
  }
}

template <class Load>
void pack_rows_as(const PackTask& task) {
  const Steps& steps = task.steps;
  for (Index block = 0; block < steps.blocks(); ++block) {
    const Index begin = block * steps.per_block;
    const Index count = least(steps.per_block, steps.count() - begin);
    float* out = task.out + block * task.block_stride;
    if (steps.by_row && task.source.inner_contiguous) {
      for_each_panel(task, [&](Index first, Index rows, Index offset) {
        for (Index r = 0; r < rows; ++r) {
          const Bytes row = outer_entry(task.source, first + r, Load::kElementBytes);
          copy_row<Load>(row, steps.inner, begin, count, out + offset + r * task.row_stride);
        }
      });
      continue;
    }
    if (steps.by_row) {
      for_each_panel(task, [&](Index first, Index rows, Index offset) {
        const Across source(task.source, first, steps.inner, Load::kElementBytes);
        pack_turned<Load>(source, rows, begin, count, out + offset, task.row_stride);
      });
      continue;
    }
    for (Index s = 0; s < count; s += kStepsAhead) {
      const Index end = least(s + kStepsAhead, count);
      for_each_panel(task, [&](Index first, Index rows, Index offset) {
        const Across source(task.source, first, steps.inner, Load::kElementBytes);
        pack_across<Load>(source, rows, begin + s, begin + end, out + offset + s * kRows);
      });
    }
  }
}

/// kWidth rows of the operand become one half of the panel's columns.
template <class Load>
void transpose_half(const PackTask& task, Index first_row, Index begin, Index count, float* out) {
  const Index rows = task.outer_count - first_row;
  const Index whole = least(count, task.steps.inner / Load::kPerStep - begin);
  Bytes row[kWidth];
  for (int r = 0; r < kWidth; ++r) {
    const Index i = task.outer_begin + first_row + (r < rows ? r : 0);
    row[r] = outer_entry(task.source, i, Load::kElementBytes) + begin * Load::kStepBytes;
  }
  for (Index s = 0; s < whole; s += kWidth) {
    Vec x[kWidth];
    const Index n = least(kWidth, whole - s);
#pragma GCC unroll 16
    for (int r = 0; r < kWidth; ++r) {
      x[r] = n == kWidth ? Load::steps(row[r] + s * Load::kStepBytes)
                         : Load::steps(row[r] + s * Load::kStepBytes, n);
      __builtin_prefetch(row[r] + (s + kColumnStepsAhead) * Load::kStepBytes);
    }
    vtranspose(x);
#pragma GCC unroll 16
    for (int i = 0; i < kWidth; ++i) {
      if (i < n) {
        vstore(out + (s + i) * kColumns, x[i]);
      }
    }
  }
  for (int r = 0; whole < count && r < kWidth; ++r) {
    out[whole * kColumns + r] = Load::half_step(row[r] + whole * Load::kStepBytes);
  }
}

/// Steps are rows of the operand, often far apart: each is read once, and asked for in time.
template <class Load>
void copy_across(const PackTask& task, Index begin, Index count, float* out) {
  const Across source(task.source, task.outer_begin, task.steps.inner, Load::kElementBytes);
  if (task.outer_count == kColumns) {
    for (Index s = 0; s < count; ++s) {
      Load::prefetch(source, begin + s + kColumnStepsAhead);
      Load::across_two(source, begin + s, out + s * kColumns);
    }
    return;
  }
  const Across second(task.source, task.outer_begin + kWidth, task.steps.inner,
                      Load::kElementBytes);
  for (Index s = 0; s < count; ++s) {
    Load::prefetch(source, begin + s + kColumnStepsAhead);
    vstore(out + s * kColumns, Load::across(source, begin + s, task.outer_count));
    vstore(out + s * kColumns + kWidth,
           task.outer_count > kWidth ? Load::across(second, begin + s, task.outer_count - kWidth)
                                     : vset(0));
  }
}

template <class Load>
void transpose(const PackTask& task, Index begin, Index count, float* out) {
  for (Index half = 0; half < kColumns; half += kWidth) {
    if (half < task.outer_count) {
      transpose_half<Load>(task, half, begin, count, out + half);
    } else {
      for (Index s = 0; s < count; ++s) {
        vstore(out + s * kColumns + half, vset(0));
      }
    }
  }
}

template <class Load>
void pack_columns_as(const PackTask& task, Index block) {
  const Steps& steps = task.steps;
  const Index begin = block * steps.per_block;
  const Index count = least(steps.per_block, steps.count() - begin);
  float* out = task.out + block * task.block_stride;
  if (task.source.inner_contiguous) {
    transpose<Load>(task, begin, count, out);
  } else {
    copy_across<Load>(task, begin, count, out);
  }
}

void pack_columns(const PackTask& task, Index block) {
  if (task.source.storage == Storage::float32) {
    return pack_columns_as<LoadFloat32>(task, block);
  }
  task.steps.pairs ? pack_columns_as<LoadPairs>(task, block)
                   : pack_columns_as<LoadBfloat16>(task, block);
}

}  // namespace

void pack_rows(const PackTask& task) {
  if (task.source.storage == Storage::float32) {
    return pack_rows_as<LoadFloat32>(task);
  }
  task.steps.pairs ? pack_rows_as<LoadPairs>(task) : pack_rows_as<LoadBfloat16>(task);
}

void pack_columns(const PackTask& task) {
  for (Index block = 0; block < task.steps.blocks(); ++block) {
    pack_columns(task, block);
  }
}

namespace {

/// Where a tile's sums are taken.
struct Sums {
  void* first = nullptr;
  Storage storage = Storage::float32;
  Index stride = 0;
  bool add = false;  // to what is there
  bool streams = false;
  bool squares = false;  // are asked for
};

/// Where the squares of a panel of rows and one of columns are added.
float* squares_of(const TileTask& task, Index row, Index column) {
  return task.squares + row / task.panel_rows * task.squares_stride + column / kColumns;
}

/// Whether the second product's steps follow the first one's last block while its sums are in
/// registers.
bool is_added_last(const TileTask& task) {
  const TileTerm& term = task.term;
  const TileTerm& added = task.added;
  return !kHasTiles && term.steps.blocks() > 0 && added.steps.blocks() == 1 &&
         added.steps.pairs == term.steps.pairs && added.steps.by_row == term.steps.by_row;
}

Index num_blocks(const TileTask& task) {
  return task.term.steps.blocks() + (is_added_last(task) ? 0 : task.added.steps.blocks());
}

/// Whether what is written once may go past the caches, as whole lines.
bool streams(const Output& out, const void* first) {
  const unsigned long long line = kColumns * (out.storage == Storage::float32 ? 4ULL : 2ULL);
  return out.streams && !out.accumulate && out.stride % kColumns == 0 &&
         reinterpret_cast<unsigned long long>(first) % line == 0;
}

/// Whole panels that need nothing but their sums are taken in the output itself. It is so for a
/// product or it is not: in float32 what is accumulated is added first here, else last. bfloat16
/// has to be written at once, since a sum is rounded once.
bool is_plain(const TileTask& task) {
  const Output& out = task.out;
  const bool fits = out.bias == nullptr && task.whole_panels && task.term.steps.blocks() > 0;
  return fits && (out.storage == Storage::float32 || num_blocks(task) == 1);
}

/// The sums of such a tile.
Sums in_output(const TileTask& task) {
  const Output& out = task.out;
  void* first = moved(out.data, out.storage, task.row_begin * out.stride + task.column_begin);
  return {.first = first,
          .storage = out.storage,
          .stride = out.stride,
          .add = out.accumulate,
          .streams = num_blocks(task) == 1 && streams(out, first),
          .squares = task.squares != nullptr};
}

/// One block of the panel of columns that begins at `column`, packed if it is not yet.
const float* columns_of(const TileTask& task, const TileTerm& term, Index column, Index block) {
  float* first = term.b + column / kColumns * term.b_panel_stride;
  if (term.unpacked_b.data != nullptr) {
    pack_columns({.source = term.unpacked_b,
                  .outer_begin = column,
                  .outer_count = least(kColumns, task.column_end - column),
                  .steps = term.steps,
                  .out = first,
                  .block_stride = term.b_block_stride},
                 block);
  }
  return first + block * term.b_block_stride;
}

/// Panels of rows that a product takes at once.
template <class Multiply>
constexpr Index kPanels = kHasTiles && Multiply::kInPairs ? 2 : 1;

/// How often a tile's products can ask for lines.
Index num_asks(const TileTask& task, const Steps& steps, Index rows_at_once) {
  const Index row_panels = ceil_div(task.row_end - task.row_begin, rows_at_once);
  const Index column_panels = ceil_div(task.column_end - task.column_begin, kColumns);
  const Index per_block = ceil_div(steps.per_block, kStepsPerAsk);
  return steps.blocks() * row_panels * column_panels * per_block;
}

/// Adds `more`, of one block, to the last block's sums; null: nothing.
template <class Multiply, class Layout>
void sum_term(const TileTask& task, const TileTerm& term, const TileTerm* more, const Sums& sums) {
  const Steps& steps = term.steps;
  const bool is_whole = more != nullptr || task.added.steps.blocks() == 0;
  const Index rows_at_once = kPanels<Multiply> * task.panel_rows;
  LinesAhead ahead(term.ahead, num_asks(task, steps, rows_at_once));
  for (Index block = 0; block < steps.blocks(); ++block) {
    const Index count = least(steps.per_block, steps.count() - block * steps.per_block);
    const float* a = term.a + block * term.a_block_stride;
    const bool is_last = block + 1 == steps.blocks();
    const bool adds_more = is_last && more != nullptr;
    for (Index column = task.column_begin; column < task.column_end; column += kColumns) {
      const float* b = columns_of(task, term, column, block);
      const bool is_half = !task.whole_panels && task.column_end - column <= kWidth;
      const float* more_b = adds_more ? columns_of(task, *more, column, 0) : nullptr;
      for (Index row = task.row_begin; row < task.row_end; row += rows_at_once) {
        const Index offset = (row - task.row_begin) * sums.stride + column - task.column_begin;
        const Index panel = (row - task.row_begin) / task.panel_rows;
        const Strip strip{.a = a + panel * term.a_panel_stride,
                          .b = b,
                          .steps = count,
                          .sums = moved(sums.first, sums.storage, offset),
                          .stride = sums.stride,
                          .add = sums.add || block > 0,
                          .streams = sums.streams,
                          .ahead = &ahead,
                          .storage = sums.storage,
                          .panel_rows = task.panel_rows,
                          .squares = sums.squares && is_whole && is_last
                                         ? squares_of(task, row, column - task.column_begin)
                                         : nullptr,
                          .more = adds_more ? MoreSteps{.a = more->a + panel * more->a_panel_stride,
                                                        .b = more_b,
                                                        .steps = more->steps.count()}
                                            : MoreSteps{},
                          .is_half = is_half};
        multiply_panels<Multiply, Layout>(least(rows_at_once, task.row_end - row), strip);
      }
    }
  }
}

/// `squares`: of the panels of these columns; null: nobody asks.
template <class Stored>
void put_row(const Output& out, const float* sums, float* squares, Index row, Index begin,
             Index end) {
  const Row<Stored> to({out.data, out.storage}, row * out.stride);
  const auto entries = [&](Index column, Index n) {
    Vec y = vload(sums + column - begin);
    if (out.bias != nullptr) {
      y = vadd(y, vload(out.bias + column, n));
    }
    return out.accumulate ? vadd(y, to.load(column, n)) : y;
  };
  const bool past_caches = streams(out, to.data + begin);
  Index column = begin;
  for (; column + kColumns <= end; column += kColumns) {
    const Vec y = entries(column, kWidth), next = entries(column + kWidth, kWidth);
    past_caches ? Stored::stream_two(to.data + column, y, next)
                : Stored::store_two(to.data + column, y, next);
    if (squares != nullptr) {
      *squares++ += vsum(Stored::add_squares(y, next, vset(0)));
    }
  }
  for (; column < end; column += kWidth) {
    const Vec y = entries(column, end - column);
    to.store(column, end - column, y);
    if (squares != nullptr) {
      const Vec stored = vwithin(0, end - column, y, vset(0));
      *squares += vsum(Stored::add_squares(stored, vset(0), vset(0)));
    }
  }
}

void sum_term(const TileTask& task, const TileTerm& term, const TileTerm* more, const Sums& sums) {
  if (term.steps.pairs) {
    term.steps.by_row ? sum_term<MultiplyPairs, PackedBlockRows>(task, term, more, sums)
                      : sum_term<MultiplyPairs, PackedColumns>(task, term, more, sums);
  } else {
    term.steps.by_row ? sum_term<MultiplyFloat32, PackedBlockRows>(task, term, more, sums)
                      : sum_term<MultiplyFloat32, PackedColumns>(task, term, more, sums);
  }
}

void sum_tile(const TileTask& task, Sums sums) {
  if (is_added_last(task)) {
    return sum_term(task, task.term, &task.added, sums);
  }
  sum_term(task, task.term, nullptr, sums);
  sums.add = true;
  sum_term(task, task.added, nullptr, sums);  // nothing if it has no steps
}

void tile(const TileTask& task) {
  const Output& out = task.out;
  const Tiles tiles(task.panel_rows);
  if (is_plain(task)) {
    const Sums sums = in_output(task);
    sum_tile(task, sums);
    if (sums.streams) {
      vfence();
    }
    return;
  }
  const Index width = in_panels(task.column_end - task.column_begin);
  if (task.term.steps.blocks() == 0) {
    for (Index i = 0; i < (task.row_end - task.row_begin) * width; i += kWidth) {
      vstore(task.sums + i, vset(0));
    }
  }
  sum_tile(task, {.first = task.sums, .stride = width});
  for (Index row = task.row_begin; row < task.row_end; ++row) {
    const float* sums = task.sums + (row - task.row_begin) * width;
    float* squares = task.squares == nullptr ? nullptr : squares_of(task, row, 0);
    if (out.storage == Storage::float32) {
      put_row<StoredFloat32>(out, sums, squares, row, task.column_begin, task.column_end);
    } else if (task.term.steps.pairs) {
      put_row<MultiplyPairs::Rounded>(out, sums, squares, row, task.column_begin, task.column_end);
    } else {
      put_row<StoredBfloat16>(out, sums, squares, row, task.column_begin, task.column_end);
    }
  }
  if (out.streams) {
    vfence();
  }
}

}  // namespace

GemmKernels gemm_kernels() {
  return {.panel_rows = kRows,
          .panel_columns = kColumns,
          .block_steps = kBlockSteps,
          .row_stride = kBlockRowStride,
          .has_pairs = kHasPairs,
          .has_tiles = kHasTiles,
          .pack_rows = pack_rows,
          .pack_columns = pack_columns,
          .tile = tile};
}

}  // namespace automodel::ops::cpu::AM_ISA
