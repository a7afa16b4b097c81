#include "ops/cpu/gemm.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <vector>

#include "ops/cpu/gemm_pieces.h"
#include "ops/cpu/operands.h"
#include "ops/cpu/update.h"
#include "tensor/threads.h"

namespace automodel::ops::cpu {
namespace {

constexpr Index kBatchFloats = 1 << 22;   // of all pieces at once: 16 MiB
constexpr Index kStripFloats = 96 << 10;  // packed columns of one task, for the inner caches
constexpr Index kStripPanels = 4;
constexpr Index kPackPanels = 8;  // of rows, side by side where their steps share lines
constexpr Index kTasksPerWorker = 3;
constexpr std::size_t kManyProducts = 16;

/// Pieces whose rows lie packed in one buffer. A task takes a strip of columns of one piece, or all
/// of them: it packs them into a buffer of its own and multiplies them by rows while they are in
/// the caches.
class Batch {
 public:
  Batch(const GemmKernels& kernels, void (*adam)(const AdamTask&))
      : kernels_(kernels), adam_(adam) {}

  /// `is_task`: nobody waits for long if the whole piece is one task. It is, if its rows leave room
  /// in the caches. Runs what is here first if the piece must wait for it.
  void add(Piece piece, bool is_task) {
    if (is_task && piece.packing == Packing::before &&
        piece.rows.size() * piece.steps.count() <= kRowsFloats) {
      piece.packing = Packing::in_task;
    }
    if (must_wait(piece)) {
      run();
    }
    piece.has_same_rows = !pieces_.empty() && piece.reads_rows_of(pieces_.back());
    floats_ += shared_floats(piece);
    pieces_.push_back(piece);
  }

  void run() {
    if (pieces_.empty()) {
      return;
    }
    const at::Tensor rows = at::empty({floats_}, at::kFloat);
    list_packs(rows.mutable_data_ptr<float>());
    for_each_task(static_cast<Index>(packs_.size()), [this](Index i, Index /*worker*/) {
      kernels_.pack_rows(packs_[static_cast<std::size_t>(i)]);
    });
    list_strips();
    workers_ = num_workers();
    const at::Tensor workspace = at::empty({workers_ * worker_floats_}, at::kFloat);
    float* const first = workspace.mutable_data_ptr<float>();
    const at::Tensor squares = at::zeros({num_squares()}, at::kFloat);
    place_squares(squares.mutable_data_ptr<float>());
    for_each_task(static_cast<Index>(tasks_.size()), [&](Index task, Index worker) {
      const Range strips = tasks_[static_cast<std::size_t>(task)];
      for (Index i = strips.begin; i < strips.end; ++i) {
        run_strip(task, i, first + worker * worker_floats_);
      }
    });
    add_squares();
    pieces_.clear();
    floats_ = 0;
  }

 private:
  /// Columns of one piece, and its rows or some of them.
  struct Strip {
    const Piece* piece;
    Range rows, columns;
  };

  /// For room, or for the sums that it adds to.
  bool must_wait(const Piece& piece) const {
    const bool follows = !pieces_.empty() && pieces_.back().product == piece.product &&
                         pieces_.back().inner != piece.inner;
    return !pieces_.empty() && (follows || floats_ + shared_floats(piece) > kBatchFloats);
  }

  /// Of one panel of rows and block.
  Index panel_floats(const Steps& steps) const {
    return kernels_.panel_rows * (steps.by_row ? kernels_.row_stride : steps.per_block);
  }
  Index block_floats(const Piece& piece, const Steps& steps) const {
    const bool is_tile = piece.packing == Packing::in_tile;
    const Index panels = is_tile ? std::min(piece.row_panels, kTileRowPanels) : piece.row_panels;
    return panels * panel_floats(steps);
  }
  Index row_floats(const Piece& piece) const {
    return block_floats(piece, piece.steps) * piece.steps.blocks();
  }
  Index floats_of(const Piece& piece) const {
    return (piece.has_same_rows ? 0 : row_floats(piece)) +
           block_floats(piece, piece.added_steps) * piece.added_steps.blocks();
  }

  Index shared_floats(const Piece& piece) const {
    return piece.packing == Packing::before ? floats_of(piece) : 0;
  }
  Index own_floats(const Piece& piece) const { return floats_of(piece) - shared_floats(piece); }

  static Operand rows_of(const Piece& piece) {
    return part(piece.product->a, piece.rows.begin, piece.inner.begin);
  }
  static Operand added_rows_of(const Piece& piece) {
    return part(piece.product->added.a, piece.rows.begin, 0);
  }

  void list_packs(float* next) {
    Index most = 0;
    for (const Piece& piece : pieces_) {
      most += 2 * piece.row_panels;
    }
    packs_.clear();
    packs_.reserve(static_cast<std::size_t>(most));
    for (Piece& piece : pieces_) {
      if (piece.packing != Packing::before) {
        continue;
      }
      piece.a = piece.has_same_rows ? (&piece - 1)->a : next;
      piece.added_a = piece.has_same_rows ? next : next + row_floats(piece);
      next += floats_of(piece);
      if (!piece.has_same_rows) {
        list_packs(piece, rows_of(piece), piece.steps, piece.a);
      }
      if (piece.added_steps.blocks() > 0) {
        list_packs(piece, added_rows_of(piece), piece.added_steps, piece.added_a);
      }
    }
  }

  void list_packs(const Piece& piece, const Operand& source, const Steps& steps, float* out) {
    const Index fair = piece.row_panels / (kTasksPerWorker * num_workers());
    const Index at_once = source.inner_contiguous ? 1 : std::clamp(fair, Index{1}, kPackPanels);
    for (Index p = 0; p < piece.row_panels; p += at_once) {
      const Index begin = p * piece.panel_rows;
      packs_.push_back(
          pack_of(piece, source, steps,
                  {begin, std::min(begin + at_once * piece.panel_rows, piece.rows.size())},
                  out + p * panel_floats(steps)));
    }
  }

  PackTask pack_of(const Piece& piece, const Operand& source, const Steps& steps, const Range& rows,
                   float* out) const {
    return {.source = source,
            .outer_begin = rows.begin,
            .outer_count = rows.size(),
            .per_panel = piece.panel_rows,
            .panel_stride = panel_floats(steps),
            .row_stride = kernels_.row_stride,
            .steps = steps,
            .out = out,
            .block_stride = block_floats(piece, steps)};
  }

  /// Finds the rows of one tile, or packs them into the worker's own memory before the first
  /// columns.
  void place_rows(const Piece& piece, const Range& rows, bool is_first, float* own,
                  TileTask& tile) const {
    const bool is_before = piece.packing == Packing::before;
    const Index panel = piece.packing == Packing::in_tile ? 0 : rows.begin / piece.panel_rows;
    float* const a = (is_before ? piece.a : own) + panel * tile.term.a_panel_stride;
    float* const added_a =
        (is_before ? piece.added_a : own + row_floats(piece)) + panel * tile.added.a_panel_stride;
    tile.term.a = a;
    tile.added.a = added_a;
    if (is_before || !is_first) {
      return;
    }
    kernels_.pack_rows(pack_of(piece, rows_of(piece), piece.steps, rows, a));
    if (piece.added_steps.blocks() > 0) {
      kernels_.pack_rows(pack_of(piece, added_rows_of(piece), piece.added_steps, rows, added_a));
    }
  }

  void list_strips() {
    strips_.clear();
    tasks_.clear();
    worker_floats_ = 0;
    const Index wanted =
        ceil_div(kTasksPerWorker * num_workers(), static_cast<Index>(pieces_.size()));  // of each
    for (const Piece& piece : pieces_) {
      const Index columns = piece.product->columns;
      const Index panels = ceil_div(columns, kernels_.panel_columns);
      const Index width = piece.updates() ? panels : strip_panels(piece, panels, wanted);
      const bool is_task = piece.packing == Packing::in_task;
      const Index parts =
          is_task ? 1 : std::max(wanted * width / std::max(panels, Index{1}), Index{1});
      const Index rows = ceil_div(piece.rows.size(), parts * piece.panel_rows) * piece.panel_rows;
      for (const Range& strip : columns_of_strips(piece, panels, width)) {
        for (const Range& part : cut(piece.rows.size(), rows, piece.panel_rows)) {
          strips_.push_back({&piece, part, strip});
        }
      }
      list_tasks(is_task);
      worker_floats_ =
          std::max(worker_floats_,
                   strip_floats(piece.steps, width) + strip_floats(piece.added_steps, width) +
                       sum_floats(piece, width) + gradient_floats(piece) + own_floats(piece));
    }
  }

  /// Of the strips that have none yet: one for all or for each.
  void list_tasks(bool is_one) {
    Index begin = tasks_.empty() ? 0 : tasks_.back().end;
    const auto end = static_cast<Index>(strips_.size());
    for (; begin < end; begin = tasks_.back().end) {
      tasks_.push_back({begin, is_one ? end : begin + 1});
    }
  }

  Index column_panels(const Piece& piece) const {
    return ceil_div(piece.product->columns, kernels_.panel_columns);
  }

  Index num_squares(const Piece& piece) const {
    return piece.has_squares() ? piece.row_panels * column_panels(piece) : 0;
  }
  Index num_squares() const {
    Index count = 0;
    for (const Piece& piece : pieces_) {
      count += num_squares(piece);
    }
    return count;
  }

  void place_squares(float* next) {
    for (Piece& piece : pieces_) {
      piece.squares = piece.has_squares() ? next : nullptr;
      next += num_squares(piece);
    }
  }

  /// In the order of the panels, whoever computed them.
  void add_squares() const {
    for (const Piece& piece : pieces_) {
      for (Index i = 0; i < num_squares(piece); ++i) {
        *piece.product->squares += static_cast<double>(piece.squares[i]);
      }
    }
  }

  /// Panels of columns that a task takes: few, so that there are as many tasks as wanted; all that
  /// its caches hold where the rows are too many for them and each strip would read all anew.
  Index strip_panels(const Piece& piece, Index panels, Index wanted) const {
    const Index floats = std::max(strip_floats(piece.steps, 1), Index{1});
    const Index most = std::max(kStripFloats / floats, Index{1});
    if (row_floats(piece) > kRowsFloats) {
      return std::clamp(panels, Index{1}, most);
    }
    return std::clamp(std::min(panels / wanted, most), Index{1}, kStripPanels);
  }

  /// Whole panels, at most `width` a strip, in strips that differ by one panel and whose number the
  /// workers share evenly.
  std::vector<Range> columns_of_strips(const Piece& piece, Index panels, Index width) const {
    const Index columns = piece.product->columns;
    const Index least = std::max(ceil_div(panels, width), Index{1});
    const Index even = ceil_div(least, num_workers()) * num_workers();
    const Index count = even <= panels && !piece.updates() ? even : least;
    std::vector<Range> out;
    for (Index i = 0; i < count; ++i) {
      out.push_back({i * panels / count * kernels_.panel_columns,
                     std::min((i + 1) * panels / count * kernels_.panel_columns, columns)});
    }
    return out;
  }

  /// Of one panel of columns and block.
  Index column_floats(const Steps& steps) const { return kernels_.panel_columns * steps.per_block; }
  Index strip_floats(const Steps& steps, Index panels) const {
    return panels * steps.blocks() * column_floats(steps);
  }
  Index sum_floats(const Piece& piece, Index panels) const {
    return piece.tile_rows() * panels * kernels_.panel_columns;
  }
  /// Of an update.
  static Index gradient_floats(const Piece& piece) {
    return piece.updates() ? piece.tile_rows() * piece.product->columns : 0;
  }

  /// The columns that this worker takes after those of strip `i`, if all take turns with tasks.
  Ahead ahead_of(Index task, Index i) const {
    const auto next = static_cast<std::size_t>(task + workers_);
    const bool is_last = i + 1 == tasks_[static_cast<std::size_t>(task)].end;
    if (is_last && next >= tasks_.size()) {
      return {};
    }
    const Strip& strip = strips_[static_cast<std::size_t>(is_last ? tasks_[next].begin : i + 1)];
    const Piece& piece = *strip.piece;
    const Operand source = part(piece.product->b, strip.columns.begin, piece.inner.begin);
    const Index bytes = source.storage == Storage::float32 ? 4 : 2;
    const bool by_column = source.inner_contiguous;
    return {.first = source.data,
            .rows = source.rows != nullptr ? 0
                    : by_column            ? strip.columns.size()
                                           : piece.inner.size(),
            .row_bytes = (by_column ? piece.inner.size() : strip.columns.size()) * bytes,
            .stride_bytes = source.stride * bytes};
  }

  void run_strip(Index task, Index i, float* own_rows) const {
    const Strip& strip = strips_[static_cast<std::size_t>(i)];
    const Piece& piece = *strip.piece;
    float* const workspace = own_rows + own_floats(piece);
    const Index panels = ceil_div(strip.columns.size(), kernels_.panel_columns);
    const Index rows = piece.tile_rows();
    const bool is_one_tile = strip.rows.size() <= rows;  // each panel is read but once
    const auto term = [&](const Operand& b, const Steps& steps, float* place) -> TileTerm {
      return {.b = place,
              .a_block_stride = block_floats(piece, steps),
              .a_panel_stride = panel_floats(steps),
              .b_block_stride = is_one_tile ? 0 : panels * column_floats(steps),
              .b_panel_stride = is_one_tile ? 0 : column_floats(steps),
              .unpacked_b = b,
              .steps = steps};
    };
    const Product& product = *piece.product;
    float* const added_place = workspace + strip_floats(piece.steps, panels);
    float* const sums = added_place + strip_floats(piece.added_steps, panels);
    TileTask tile{.term = term(part(product.b, strip.columns.begin, piece.inner.begin), piece.steps,
                               workspace),
                  .added = term(part(product.added.b, strip.columns.begin, 0), piece.added_steps,
                                added_place),
                  .panel_rows = piece.panel_rows,
                  .column_end = strip.columns.size(),
                  .whole_panels = product.columns % kernels_.panel_columns == 0,
                  .sums = sums,
                  .out = piece.updates() ? Output{} : output_of(piece, strip.columns.begin),
                  .squares = piece.squares == nullptr
                                 ? nullptr
                                 : piece.squares + strip.columns.begin / kernels_.panel_columns,
                  .squares_stride = column_panels(piece)};
    for (Index row = strip.rows.begin; row < strip.rows.end; row += rows) {
      const Range now{row, std::min(row + rows, strip.rows.end)};
      place_rows(piece, now, strip.columns.begin == 0, own_rows, tile);
      if (piece.updates()) {
        update(piece, now, sums + sum_floats(piece, panels), tile);
      } else {
        tile.row_begin = now.begin;
        tile.row_end = now.end;
        tile.term.ahead = now.end == strip.rows.end ? ahead_of(task, i) : Ahead{};
        kernels_.tile(tile);
      }
      tile.term.unpacked_b = {};
      tile.added.unpacked_b = {};
    }
  }

  /// Computes some rows of an update's gradient, then the update while the next rows' entries come
  /// into the caches.
  void update(const Piece& piece, const Range& rows, float* gradient, TileTask& tile) const {
    const Index columns = piece.product->columns;
    AdamTask task = part_of(piece.product->update, (piece.rows.begin + rows.begin) * columns,
                            rows.size() * columns);
    task.grad = {gradient, Storage::float32};
    task.ahead = task.size;  // those of the next rows
    tile.row_begin = 0;
    tile.row_end = rows.size();
    tile.out = {.data = gradient, .stride = columns};
    kernels_.tile(tile);
    adam_(task);
  }

  static Output output_of(const Piece& piece, Index column) {
    Output out = piece.product->out;
    out.data = static_cast<char*>(out.data) +
               (piece.rows.begin * out.stride + column) * (out.storage == Storage::float32 ? 4 : 2);
    const bool is_first = piece.inner.begin == 0;
    out.bias = is_first && out.bias != nullptr ? out.bias + column : nullptr;
    out.accumulate = out.accumulate || !is_first;
    return out;
  }

  const GemmKernels& kernels_;
  void (*adam_)(const AdamTask&);
  std::vector<Piece> pieces_;
  std::vector<PackTask> packs_;
  std::vector<Strip> strips_;
  std::vector<Range> tasks_;  // strips
  Index floats_ = 0, worker_floats_ = 0, workers_ = 1;
};

Index work_of(const Product& product) { return product.rows * product.columns * product.inner; }

/// `adam`: for products that are gradients of updates; null: there are none.
void run_all(const GemmKernels& kernels, void (*adam)(const AdamTask&),
             std::span<const Product> products) {
  Batch batch(kernels, adam);
  std::vector<Piece> pieces;
  Index left = 0;
  for (const Product& product : products) {
    left += work_of(product);
  }
  for (const Product& product : products) {
    left -= work_of(product);
    // cut, if too little follows it for all workers to end together
    const bool is_task = left >= kTasksPerWorker * num_workers() * work_of(product);
    if (product.squares != nullptr) {
      *product.squares = 0;
    }
    pieces.clear();
    add_pieces(product, products.size() >= kManyProducts, kernels, pieces);
    for (const Piece& piece : pieces) {
      batch.add(piece, is_task);
    }
  }
  batch.run();
}

}  // namespace

void gemm(const GemmKernels& kernels, std::span<const Product> products) {
  run_all(kernels, nullptr, products);
}

void update_by_products(const Kernels& kernels, std::span<const Product> products) {
  run_all(kernels.gemm, kernels.update.adam, products);
}

}  // namespace automodel::ops::cpu
