#include "ops/cpu/kernels/attention.h"

#include "ops/cpu/kernels/attention_rows.h"

namespace automodel::ops::cpu::AM_ISA {
namespace {

AM_INLINE float exp_of(float x) {
  alignas(64) float out[kWidth];
  vstore(out, vexp(vset(x)));
  return out[0];
}

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

/// One row of products becomes weights e^(logit - largest); keys that are not seen get 0.
void weigh_row(float* s, const Logits& logits, Span seen, const BlockKeys& keys, RowState& row) {
  const Index first = seen.is_empty() ? keys.end : seen.begin / kWidth * kWidth;
  Vec largest = vset(kLowest);
  for (Index i = first; i < seen.end; i += kWidth) {
    const Vec x = logits.placed(logits.capped(vload(s + i)), i);
    vstore(s + i, x);
    largest = vmax(largest, vwithin(seen.begin - i, seen.end - i, x, vset(kLowest)));
  }
  const float found = vlargest(largest);
  if (found > row.largest) {
    raise_largest(row, found);
  }
  Vec sum = vset(0);
  Index i = first;
  for (; i < seen.end; i += kWidth) {
    const Vec e = vexp(vsub(vload(s + i), vset(row.largest)));
    const Vec weight = vwithin(seen.begin - i, seen.end - i, e, vset(0));
    vstore(s + i, weight);
    sum = vadd(sum, weight);
  }
  row.sum += vsum(sum);
  fill_zero(s + keys.begin, s + least(first, keys.panels_end()));
  if (i < keys.panels_end()) {
    fill_zero(s + i, s + keys.panels_end());
  }
}

template <class Stored>
void put_row(typename Stored::Element* to, const float* sums, Index width, float factor) {
  for (Index i = 0; i < width; i += kWidth) {
    const Vec y = vmul(vload(sums + i), vset(factor));
    width - i >= kWidth ? Stored::store(to + i, y) : Stored::store(to + i, y, width - i);
  }
}

void put_heads_row(const HeadsView& view, Index offset, const float* sums, Index width,
                   float factor) {
  if (view.storage == Storage::float32) {
    put_row<StoredFloat32>(static_cast<float*>(view.data) + offset, sums, width, factor);
  } else {
    put_row<StoredBfloat16>(static_cast<std::uint16_t*>(view.data) + offset, sums, width, factor);
  }
}

/// Where a tile's parts lie in the workspace.
struct Workspace {
  Workspace(const AttentionShape& shape, float* at)
      : queries(at),
        scores(queries + kTilePanels * kRowPanelFloats),
        grads(scores + kTilePanels * kRowPanelFloats),
        grad_scores(grads + kTilePanels * kRowPanelFloats),
        sums(grad_scores + kTilePanels * kRowPanelFloats),
        query_steps(sums + kTilePanels * kRows *
                               most(in_panels(shape.key_width), in_panels(shape.value_width))),
        grad_steps(query_steps + kTilePanels * kRows * in_panels(shape.key_width)),
        end(grad_steps + kTilePanels * kRows * in_panels(shape.value_width)) {}
  float *queries, *scores;          // panels of rows
  float *grads, *grad_scores;       // the same, of the backward
  float* sums;                      // [rows, whole panels of a width]
  float *query_steps, *grad_steps;  // rows as steps: panels of columns [rows, kColumns]
  float* end;
};

Index workspace_floats(const AttentionShape& shape) {
  const Workspace none(shape, nullptr);
  return none.end - none.queries;
}

void forward(const AttentionTile& tile) {
  const TileRows rows(tile);
  const Workspace work(tile.shape, tile.workspace);
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
  pack_tile_rows(rows, tile.q, tile.shape.key_width, work.queries);
  const Span all = rows.keys();
  for (Index first = all.begin / kBlockSteps * kBlockSteps; first < all.end; first += kBlockSteps) {
    const BlockKeys keys(first, all);
    multiply_by_keys(rows, work.queries, tile.k.by_key, tile.shape.key_width, keys, work.scores);
    for (Index p = 0; p < rows.panels; ++p) {
      for (Index r = 0; r < rows.rows(p); ++r) {
        const Index query = rows.query(p) + r;
        weigh_row(work.scores + p * kRowPanelFloats + r * kRowStride,
                  Logits(tile.rule, rows.head(p), query - first),
                  keys.of(visible_keys(tile.rule, query)), keys, states[p * kRows + r]);
      }
    }
    add_weighted_keys(rows, work.scores, tile.v.by_width, tile.shape.value_width, keys, work.sums);
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

/// One row: products of query and key become weights, those of grad_out and value the gradients of
/// products.
struct RowGradient {
  float* weights;
  float* grads;
  float log_sum, dot;
};

void differentiate_row(const RowGradient& row, const AttentionRule& rule, const Logits& logits,
                       Span seen, const BlockKeys& keys) {
  const Index first = seen.is_empty() ? keys.end : seen.begin / kWidth * kWidth;
  Index i = first;
  for (; i < seen.end; i += kWidth) {
    const Vec capped = logits.capped(vload(row.weights + i));
    const Vec e = vexp(vsub(logits.placed(capped, i), vset(row.log_sum)));
    const Vec weight = vwithin(seen.begin - i, seen.end - i, e, vset(0));
    Vec grad = vmul(vmul(weight, vsub(vload(row.grads + i), vset(row.dot))), logits.scale);
    if (rule.softcap != 0) {
      const Vec t = vmul(capped, vset(1 / rule.softcap));
      grad = vmul(grad, vsub(vset(1), vmul(t, t)));
    }
    vstore(row.weights + i, weight);
    vstore(row.grads + i, vwithin(seen.begin - i, seen.end - i, grad, vset(0)));
  }
  float* const both[] = {row.weights, row.grads};
  for (float* x : both) {
    fill_zero(x + keys.begin, x + least(first, keys.panels_end()));
    if (i < keys.panels_end()) {
      fill_zero(x + i, x + keys.panels_end());
    }
  }
}

/// The tile's rows as the steps of a product, each panel filled up with zeros.
void pack_steps(const TileRows& rows, const HeadsView& view, Index width, float* out) {
  for (Index p = 0; p < rows.panels; ++p) {
    const Index count = rows.rows(p);
    for (Index column = 0; column < width; column += kColumns) {
      float* to = out + column * rows.all_rows() + p * kRows * kColumns;
      pack_columns({.source = {.data = element_at(view, rows.offset(view, p, 0)),
                               .storage = view.storage,
                               .stride = view.token_stride,
                               .inner_contiguous = false},
                    .outer_begin = column,
                    .outer_count = least(kColumns, width - column),
                    .steps = {.inner = count, .pairs = false, .per_block = count},
                    .out = to,
                    .block_stride = 0});
      fill_zero(to + count * kColumns, to + Index{kRows} * kColumns);
    }
  }
}

/// Adds what the rows' weights of the block's keys make of the rows, [keys, whole panels of width].
void add_to_keys(const TileRows& rows, const float* weights, const float* steps, Index width,
                 const BlockKeys& keys, float* sums) {
  const Index stride = in_panels(width);
  for (Index column = 0; column < width; column += kColumns) {
    for (Index key = keys.begin; key < keys.end; key += kRows) {
      multiply_rows<MultiplyFloat32, RowsAsSteps>(
          least(kRows, keys.end - key),
          {weights + key, steps + column * rows.all_rows(), rows.all_rows(),
           sums + key * stride + column, stride, true});
    }
  }
}

void differentiate_block(const AttentionBackward& task, const TileRows& rows, const Workspace& work,
                         const BlockKeys& keys) {
  const AttentionTile& tile = task.tile;
  const AttentionShape& shape = tile.shape;
  multiply_by_keys(rows, work.queries, tile.k.by_key, shape.key_width, keys, work.scores);
  multiply_by_keys(rows, work.grads, tile.v.by_key, shape.value_width, keys, work.grad_scores);
  for (Index p = 0; p < rows.panels; ++p) {
    for (Index r = 0; r < rows.rows(p); ++r) {
      const Index query = rows.query(p) + r;
      const Index at = p * kRowPanelFloats + r * kRowStride;
      const Index value = rows.row_value(p, r);
      differentiate_row(
          {work.scores + at, work.grad_scores + at, tile.log_sums[value], task.dots[value]},
          tile.rule, Logits(tile.rule, rows.head(p), query - keys.first),
          keys.of(visible_keys(tile.rule, query)), keys);
    }
  }
  add_weighted_keys(rows, work.grad_scores, tile.k.by_width, shape.key_width, keys, work.sums);
  const Index segment_key = keys.first - task.key_begin;
  add_to_keys(rows, work.grad_scores, work.query_steps, shape.key_width, keys,
              task.grad_k + segment_key * in_panels(shape.key_width));
  add_to_keys(rows, work.scores, work.grad_steps, shape.value_width, keys,
              task.grad_v + segment_key * in_panels(shape.value_width));
}

void backward(const AttentionBackward& task) {
  const AttentionTile& tile = task.tile;
  const TileRows rows(tile);
  const Workspace work(tile.shape, tile.workspace);
  const Index width = in_panels(tile.shape.key_width);
  pack_tile_rows(rows, tile.q, tile.shape.key_width, work.queries);
  pack_tile_rows(rows, task.grad_out, tile.shape.value_width, work.grads);
  pack_steps(rows, tile.q, tile.shape.key_width, work.query_steps);
  pack_steps(rows, task.grad_out, tile.shape.value_width, work.grad_steps);
  // Rows that a panel lacks take part as steps.
  fill_zero(work.scores, work.scores + rows.panels * kRowPanelFloats);
  fill_zero(work.grad_scores, work.grad_scores + rows.panels * kRowPanelFloats);
  fill_zero(work.sums, work.sums + rows.all_rows() * width);
  const Span all = rows.keys();
  const Span own = {most(all.begin, task.key_begin), least(all.end, task.key_end)};
  for (Index first = own.begin / kBlockSteps * kBlockSteps; first < own.end; first += kBlockSteps) {
    differentiate_block(task, rows, work, BlockKeys(first, own));
  }
  for (Index p = 0; p < rows.panels; ++p) {
    for (Index r = 0; r < rows.rows(p); ++r) {
      put_heads_row(task.grad_q, rows.offset(task.grad_q, p, r),
                    work.sums + (p * kRows + r) * width, tile.shape.key_width, 1);
    }
  }
}

Index heads_of_tile(const AttentionShape& shape) { return tile_heads(shape); }
Index queries_of_tile(const AttentionShape& shape) { return tile_queries(shape); }

}  // namespace

AttentionKernels attention_kernels() {
  return {.max_width = kBlockSteps,
          .block_keys = kBlockSteps,
          .panel_columns = kColumns,
          .tile_heads = heads_of_tile,
          .tile_queries = queries_of_tile,
          .workspace_floats = workspace_floats,
          .forward = forward,
          .backward = backward};
}

}  // namespace automodel::ops::cpu::AM_ISA
