#include "ops/cpu/kernels/attention.h"

#include "ops/cpu/kernels/attention_rows.h"
#include "ops/cpu/kernels/elements.h"

namespace automodel::ops::cpu::AM_ISA {
namespace {

/// The running softmax of one row.
struct RowState {
  float largest;
  float sum;    // of e^(logit - largest)
  float* out;   // sum of weighted values
  Index width;  // of out, in whole panels
};

void raise_largest(RowState& row, float largest) {
  const float factor = exp_of(row.largest - largest);
  row.largest = largest;
  row.sum *= factor;
  for (Index i = 0; i < row.width; i += kWidth) {
    vstore(row.out + i, vmul(vload(row.out + i), vset(factor)));
  }
}

/// Entries i and following of a row, in the steps of a product.
template <class By>
AM_INLINE void put_steps(float* row, Index i, Vec x) {
  if constexpr (By::kPairs) {
    store_halves(reinterpret_cast<std::uint16_t*>(row) + i, round_halves(x));
  } else {
    vstore(row + i, x);
  }
}

/// The block's keys before `first` and from `end` on, both multiples of a register or the end of
/// the keys.
template <class By>
AM_INLINE void clear_outside(float* row, Index first, Index end, const BlockKeys& keys) {
  fill_zero(row + keys.begin / By::kPerStep, row + least(first, keys.panels_end()) / By::kPerStep);
  if (end < keys.panels_end()) {
    fill_zero(row + end / By::kPerStep, row + keys.panels_end() / By::kPerStep);
  }
}

/// One row of products becomes the steps of weights e^(logit - largest); keys that are not seen
/// get 0.
template <class By>
void weigh_row(float* s, const Logits& logits, Span seen, const BlockKeys& keys, RowState& row) {
  const Index first = keys.first_seen(seen);
  Vec largest = vset(kLowest);
  for (Index i = first; i < seen.end; i += kWidth) {
    const Vec x = logits.placed(logits.capped(vload(s + i)), i);
    vstore(s + i, x);
    largest = vmax(largest, within(seen, i, x, vset(kLowest)));
  }
  const float found = vlargest(largest);
  if (found > row.largest) {
    raise_largest(row, found);
  }
  Vec sum = vset(0);
  Index i = first;
  for (; i < seen.end; i += kWidth) {
    const Vec e = vexp(vsub(vload(s + i), vset(row.largest)));
    const Vec weight = within(seen, i, e, vset(0));
    put_steps<By>(s, i, weight);
    sum = vadd(sum, weight);
  }
  row.sum += vsum(sum);
  clear_outside<By>(s, first, i, keys);
}

template <class Stored>
void put_row(const Row<Stored>& to, const float* sums, Index width, float factor) {
  for (Index i = 0; i < width; i += kWidth) {
    to.store(i, width - i, vmul(vload(sums + i), vset(factor)));
  }
}

void put_heads_row(const HeadsView& view, Index offset, const float* sums, Index width,
                   float factor) {
  const Elements all{view.data, view.storage};
  view.storage == Storage::float32 ? put_row(Row<StoredFloat32>(all, offset), sums, width, factor)
                                   : put_row(Row<StoredBfloat16>(all, offset), sums, width, factor);
}

/// Where a tile's parts lie in the workspace.
struct Workspace {
  Workspace(const AttentionShape& shape, float* at)
      : queries(at),
        scores(queries + kTilePanels * kRowPanelFloats),
        grads(scores + kTilePanels * kRowPanelFloats),
        grad_scores(grads + kTilePanels * kRowPanelFloats),
        grad_pairs(grad_scores + kTilePanels * kRowPanelFloats),
        sums(grad_pairs + (kHasPairs ? kTilePanels * kRowPanelFloats : 0)),
        query_steps(sums + kTilePanels * kRows *
                               most(in_panels(shape.key_width), in_panels(shape.value_width))),
        grad_steps(query_steps + kTilePanels * kRows * in_panels(shape.key_width)),
        end(grad_steps + kTilePanels * kRows * in_panels(shape.value_width)) {}
  float *queries, *scores;          // panels of rows
  float *grads, *grad_scores;       // the same, of the backward
  float* grad_pairs;                // grad_scores as pairs of keys
  float* sums;                      // [rows, whole panels of a width]
  float *query_steps, *grad_steps;  // rows as steps: panels of columns [rows, kColumns]
  float* end;
};

Index workspace_floats(const AttentionShape& shape) {
  const Workspace none(shape, nullptr);
  return none.end - none.queries;
}

template <class By>
void forward_by(const AttentionTile& tile) {
  const TileRows rows(tile);
  const Workspace work(tile.shape, tile.workspace);
  const Tiles tiles(kRows);
  const Index width = in_panels(tile.shape.value_width);
  RowState states[kTilePanels * kRows];
  for (Index p = 0; p < rows.panels; ++p) {
    const bool sinks = tile.rule.sinks != nullptr;
    const float start = sinks ? tile.rule.sinks[rows.head(p)] : kLowest;
    for (Index r = 0; r < kRows; ++r) {
      const Index row = p * kRows + r;
      states[row] = {start, sinks ? 1.0F : 0.0F, work.sums + row * width, width};
    }
  }
  fill_zero(work.sums, work.sums + rows.all_rows() * width);
  pack_tile_rows<By>(rows, tile.q, tile.shape.key_width, work.queries);
  const Span all = rows.keys();
  for (Index first = all.begin / kBlockKeys * kBlockKeys; first < all.end; first += kBlockKeys) {
    const BlockKeys keys(rows, first, all);
    multiply_by_keys<By>(rows, work.queries, tile.k.by_key, tile.shape.key_width, keys,
                         work.scores);
    for (Index p = 0; p < rows.panels; ++p) {
      for (Index r = 0; r < rows.rows(p); ++r) {
        const Index query = rows.query(p) + r;
        weigh_row<By>(work.scores + p * kRowPanelFloats + r * kRowStride,
                      Logits(tile.rule, rows.head(p), query, first),
                      keys.of(visible_keys(tile.rule, query)), keys, states[p * kRows + r]);
      }
    }
    add_weighted_keys<By>(rows, work.scores, tile.v.by_width, tile.shape.value_width, keys,
                          work.sums);
  }
  for (Index p = 0; p < rows.panels; ++p) {
    for (Index r = 0; r < rows.rows(p); ++r) {
      const RowState& row = states[p * kRows + r];
      put_heads_row(tile.out, rows.offset(tile.out, p, r), row.out, tile.shape.value_width,
                    1 / row.sum);
      tile.log_sums[rows.row_value(p, r)] = row.largest + __builtin_logf(row.sum);
    }
  }
}

/// One row of a backward: its products of query and key, those of grad_out and value, and what
/// makes weights and gradients of products of them.
struct RowGradient {
  float* weights;
  float* grads;
  Logits logits;
  Span seen;  // of the block's keys
  float log_sum, dot;
};

struct WeightAndGrad {
  Vec weight, grad;
};

/// Of keys i and following; 0 where they are not seen.
AM_INLINE WeightAndGrad differentiate(const RowGradient& row, float softcap, Index i) {
  const Vec capped = row.logits.capped(vload(row.weights + i));
  const Vec e = vexp(vsub(row.logits.placed(capped, i), vset(row.log_sum)));
  const Vec weight = within(row.seen, i, e, vset(0));
  Vec grad = vmul(vmul(weight, vsub(vload(row.grads + i), vset(row.dot))), row.logits.scale);
  if (softcap != 0) {
    const Vec t = vmul(capped, vset(1 / softcap));
    grad = vmul(grad, vsub(vset(1), vmul(t, t)));
  }
  return {weight, within(row.seen, i, grad, vset(0))};
}

/// A row's products become its weights and gradients.
void differentiate_row(const RowGradient& row, float softcap, const BlockKeys& keys) {
  const Index first = keys.first_seen(row.seen);
  Index i = first;
  for (; i < row.seen.end; i += kWidth) {
    const auto [weight, grad] = differentiate(row, softcap, i);
    vstore(row.weights + i, weight);
    vstore(row.grads + i, grad);
  }
  clear_outside<ByFloat32>(row.weights, first, i, keys);
  clear_outside<ByFloat32>(row.grads, first, i, keys);
}

/// Two rows' become pairs of rows in the first one's place, and the gradients pairs of keys in
/// grad_pairs and kRowStride further.
void differentiate_pair(const RowGradient& one, const RowGradient& two, float softcap,
                        const BlockKeys& keys, float* grad_pairs) {
  const Span seen = hull(one.seen, two.seen);
  const Index first = keys.first_seen(seen);
  Index i = first;
  for (; i < seen.end; i += kWidth) {
    const auto a = differentiate(one, softcap, i), b = differentiate(two, softcap, i);
    vstore(one.weights + i, pair_up(a.weight, b.weight));
    vstore(one.grads + i, pair_up(a.grad, b.grad));
    put_steps<ByPairs>(grad_pairs, i, a.grad);
    put_steps<ByPairs>(grad_pairs + kRowStride, i, b.grad);
  }
  clear_outside<ByFloat32>(one.weights, first, i, keys);
  clear_outside<ByFloat32>(one.grads, first, i, keys);
  clear_outside<ByPairs>(grad_pairs, first, i, keys);
  clear_outside<ByPairs>(grad_pairs + kRowStride, first, i, keys);
}

/// The tile's rows as the steps of a product, each panel filled up with zeros.
template <class By>
void pack_steps(const TileRows& rows, const HeadsView& view, Index width, float* out) {
  for (Index p = 0; p < rows.panels; ++p) {
    const Index count = rows.rows(p);
    for (Index column = 0; column < width; column += kColumns) {
      float* to = out + (column * rows.all_rows() + p * kRows * kColumns) / By::kPerStep;
      pack_columns(
          {.source = {.data = element_at(view, rows.offset(view, p, 0)),
                      .storage = view.storage,
                      .stride = view.token_stride,
                      .inner_contiguous = false},
           .outer_begin = column,
           .outer_count = least(kColumns, width - column),
           .steps = {.inner = count, .pairs = By::kPairs, .per_block = steps_of<By>(count)},
           .out = to,
           .block_stride = 0});
      fill_zero(to + steps_of<By>(count) * kColumns, to + kRows / By::kPerStep * kColumns);
    }
  }
}

/// Adds what the rows' weights of the block's keys make of the rows, [keys, whole panels of width].
template <class By>
void add_to_keys(const TileRows& rows, const float* weights, const float* steps, Index width,
                 const BlockKeys& keys, float* sums) {
  const Index stride = in_panels(width), all_steps = rows.all_rows() / By::kPerStep;
  alignas(64) float turned[kHasTiles ? kRowPanelFloats : 1];
  for (Index key = keys.begin; key < keys.end; key += kRows) {
    const Index count = least(kRows, keys.end - key);
    const Span panels = keys.panels_that_see(key, key + count);
    const Index begin = panels.begin * kRows / By::kPerStep;
    const Index end = panels.end * kRows / By::kPerStep;
    const float* a = weights + panels.begin * kRowPanelFloats + key;
    if constexpr (kHasTiles && By::kPairs) {
      turn_rows(a, end - begin, turned);
      a = turned;
    }
    for (Index column = 0; begin < end && column < width; column += kColumns) {
      multiply_panels<typename By::Multiply, typename By::RowsAsSteps>(
          count, Strip{a, steps + column * all_steps + begin * kColumns, end - begin,
                       sums + key * stride + column, stride, true});
    }
  }
}

template <class Stored>
float dot_of(Bytes a, Bytes b, Index size) {
  using Element = typename Stored::Element;
  const auto* x = reinterpret_cast<const Element*>(a);
  const auto* y = reinterpret_cast<const Element*>(b);
  Vec sum = vset(0);
  Index i = 0;
  for (; i + kWidth <= size; i += kWidth) {
    sum = vfma(Stored::load(x + i), Stored::load(y + i), sum);
  }
  if (i < size) {
    sum = vfma(Stored::load(x + i, size - i), Stored::load(y + i, size - i), sum);
  }
  return vsum(sum);
}

void dots(const HeadDots& task) {
  for (Index token = task.token_begin; token < task.token_end; ++token) {
    for (Index head = 0; head < task.heads; ++head) {
      const auto row = [&](const HeadsView& view) {
        return element_at(view, token * view.token_stride + head * view.head_stride);
      };
      task.out[token * task.heads + head] =
          task.a.storage == Storage::float32
              ? dot_of<StoredFloat32>(row(task.a), row(task.b), task.width)
              : dot_of<StoredBfloat16>(row(task.a), row(task.b), task.width);
    }
  }
}

/// Row r of panel p; one that the panel lacks sees nothing.
RowGradient row_gradient(const AttentionBackward& task, const TileRows& rows, const Workspace& work,
                         const BlockKeys& keys, Index p, Index r) {
  const Index at = p * kRowPanelFloats + r * kRowStride;
  const Index query = rows.query(p) + r;
  RowGradient row{work.scores + at,
                  work.grad_scores + at,
                  Logits(task.tile.rule, rows.head(p), query, keys.first),
                  {0, 0},
                  0,
                  0};
  if (r < rows.rows(p)) {
    const Index value = rows.row_value(p, r);
    row.seen = keys.of(visible_keys(task.tile.rule, query));
    row.log_sum = task.tile.log_sums[value];
    row.dot = task.dots[value];
  }
  return row;
}

template <class By>
void differentiate_panel(const AttentionBackward& task, const TileRows& rows, const Workspace& work,
                         const BlockKeys& keys, Index p) {
  const float softcap = task.tile.rule.softcap;
  for (Index r = 0; r < rows.rows(p); r += By::kPerStep) {
    const RowGradient row = row_gradient(task, rows, work, keys, p, r);
    if constexpr (By::kPairs) {
      differentiate_pair(row, row_gradient(task, rows, work, keys, p, r + 1), softcap, keys,
                         work.grad_pairs + p * kRowPanelFloats + r * kRowStride);
    } else {
      differentiate_row(row, softcap, keys);
    }
  }
}

template <class By>
void differentiate_block(const AttentionBackward& task, const TileRows& rows, const Workspace& work,
                         const BlockKeys& keys) {
  const AttentionTile& tile = task.tile;
  const AttentionShape& shape = tile.shape;
  multiply_by_keys<By>(rows, work.queries, tile.k.by_key, shape.key_width, keys, work.scores);
  multiply_by_keys<By>(rows, work.grads, tile.v.by_key, shape.value_width, keys, work.grad_scores);
  for (Index p = 0; p < rows.panels; ++p) {
    if (!keys.seen[p].is_empty()) {
      differentiate_panel<By>(task, rows, work, keys, p);
    }
  }
  add_weighted_keys<By>(rows, By::kPairs ? work.grad_pairs : work.grad_scores, tile.k.by_width,
                        shape.key_width, keys, work.sums);
  const Index segment_key = keys.first - task.key_begin;
  add_to_keys<By>(rows, work.grad_scores, work.query_steps, shape.key_width, keys,
                  task.grad_k + segment_key * in_panels(shape.key_width));
  add_to_keys<By>(rows, work.scores, work.grad_steps, shape.value_width, keys,
                  task.grad_v + segment_key * in_panels(shape.value_width));
}

template <class By>
void backward_by(const AttentionBackward& task) {
  const AttentionTile& tile = task.tile;
  const TileRows rows(tile);
  const Workspace work(tile.shape, tile.workspace);
  const Tiles tiles(kRows);
  const Index width = in_panels(tile.shape.key_width);
  pack_tile_rows<By>(rows, tile.q, tile.shape.key_width, work.queries);
  pack_tile_rows<By>(rows, task.grad_out, tile.shape.value_width, work.grads);
  pack_steps<By>(rows, tile.q, tile.shape.key_width, work.query_steps);
  pack_steps<By>(rows, task.grad_out, tile.shape.value_width, work.grad_steps);
  for (Index p = 0; p < rows.panels; ++p) {  // rows that a panel lacks take part as steps
    const Index begin = p * kRowPanelFloats + rows.rows(p) * kRowStride;
    const Index end = (p + 1) * kRowPanelFloats;
    fill_zero(work.scores + begin, work.scores + end);
    fill_zero(work.grad_scores + begin, work.grad_scores + end);
  }
  fill_zero(work.sums, work.sums + rows.all_rows() * width);
  const Span all = rows.keys();
  const Span own = {most(all.begin, task.key_begin), least(all.end, task.key_end)};
  for (Index first = own.begin / kBlockKeys * kBlockKeys; first < own.end; first += kBlockKeys) {
    differentiate_block<By>(task, rows, work, BlockKeys(rows, first, own));
  }
  for (Index p = 0; p < rows.panels; ++p) {
    for (Index r = 0; r < rows.rows(p); ++r) {
      put_heads_row(task.grad_q, rows.offset(task.grad_q, p, r),
                    work.sums + (p * kRows + r) * width, tile.shape.key_width, 1);
    }
  }
}

template <class Stored>
void store_rows(const StoreRows& task) {
  for (Index r = 0; r < task.rows; ++r) {
    const Row<Stored> to({task.out.data, task.out.storage}, r * task.out.token_stride);
    for (Index i = 0; i < task.width; i += kWidth) {
      const float* part = task.parts + r * task.row_stride + i;
      const Index n = task.width - i;
      Vec y = vload(part, n);
      for (Index k = 1; k < task.count; ++k) {
        y = vadd(y, vload(part + k * task.part_stride, n));
      }
      to.store(i, n, y);
    }
  }
}

void store(const StoreRows& task) {
  task.out.storage == Storage::float32 ? store_rows<StoredFloat32>(task)
                                       : store_rows<StoredBfloat16>(task);
}

void forward(const AttentionTile& tile) {
  tile.in_pairs ? forward_by<ByPairs>(tile) : forward_by<ByFloat32>(tile);
}

void backward(const AttentionBackward& task) {
  task.tile.in_pairs ? backward_by<ByPairs>(task) : backward_by<ByFloat32>(task);
}

Index heads_of_tile(const AttentionShape& shape) { return tile_heads(shape); }
Index queries_of_tile(const AttentionShape& shape) { return tile_queries(shape); }

}  // namespace

AttentionKernels attention_kernels() {
  return {.max_width = kMaxWidth,
          .block_keys = kBlockKeys,
          .panel_columns = kColumns,
          .tile_heads = heads_of_tile,
          .tile_queries = queries_of_tile,
          .workspace_floats = workspace_floats,
          .forward = forward,
          .backward = backward,
          .dots = dots,
          .store = store};
}

}  // namespace automodel::ops::cpu::AM_ISA
