#pragma once
// How the tiles of attention lie in memory, and which keys a query sees.
// A tile's rows are (head, query) pairs, in panels of up to kRows queries of one head.

#include "ops/cpu/kernels/gemm.h"
#include "ops/cpu/kernels/math.h"
#include "ops/cpu/kernels/tiles.h"

namespace automodel::ops::cpu::AM_ISA {

inline constexpr Index kBlockKeys = 256;
inline constexpr Index kMaxWidth = 256;  // of a head, whose entries are steps of one block
static_assert(kMaxWidth <= kRowStride && kBlockKeys <= kRowStride);
inline constexpr Index kTilePanels = kWidth == 16 ? 8 : 16;

AM_INLINE Index most(Index a, Index b) { return a > b ? a : b; }

AM_INLINE Index tile_heads(const AttentionShape& shape) {
  return least(shape.heads / shape.kv_heads, kTilePanels);
}
AM_INLINE Index tile_queries(const AttentionShape& shape) {
  return kTilePanels / tile_heads(shape) * kRows;
}

/// What a product multiplies in one step: a float32, or a pair of bfloat16. Then weights of keys
/// and gradients of products are rounded to bfloat16; all sums stay float32.
struct ByFloat32 {
  using Multiply = MultiplyFloat32;
  using RowsAsSteps = automodel::ops::cpu::AM_ISA::RowsAsSteps;
  static constexpr bool kPairs = false;
  static constexpr Index kPerStep = 1;
};
struct ByPairs {
  using Multiply = MultiplyPairs;
  using RowsAsSteps = TurnedPairs;
  static constexpr bool kPairs = true;
  static constexpr Index kPerStep = 2;
};
template <class By>
AM_INLINE Index steps_of(Index elements) {
  return (elements + By::kPerStep - 1) / By::kPerStep;
}

/// Half-open.
struct Span {
  Index begin, end;
  bool is_empty() const { return begin >= end; }
};

/// The least span that holds both.
AM_INLINE Span hull(Span a, Span b) {
  if (a.is_empty() || b.is_empty()) {
    return a.is_empty() ? b : a;
  }
  return {least(a.begin, b.begin), most(a.end, b.end)};
}

/// The keys i and following that are in seen, elsewhere y; most registers are in it as a whole.
AM_INLINE Vec within(Span seen, Index i, Vec x, Vec y) {
  return i >= seen.begin && i + kWidth <= seen.end ? x
                                                   : vwithin(seen.begin - i, seen.end - i, x, y);
}

AM_INLINE Span visible_keys(const AttentionRule& rule, Index query) {
  Index begin = 0;
  if (rule.window > 0) {
    begin = most(begin, query - rule.window + 1);
  }
  if (rule.chunk > 0) {
    begin = most(begin, query / rule.chunk * rule.chunk);
  }
  return {begin, query + 1};
}

/// The panels of a tile: of its first queries those of all heads, then of the next ones.
struct TileRows {
  explicit TileRows(const AttentionTile& t)
      : tile(t),
        heads(t.head_end - t.head_begin),
        panels(heads * ceil_div(t.query_end - t.query_begin, kRows)) {}

  Index head(Index panel) const { return tile.head_begin + panel % heads; }
  Index query(Index panel) const { return tile.query_begin + panel / heads * kRows; }
  Index rows(Index panel) const { return least(kRows, tile.query_end - query(panel)); }
  Index all_rows() const { return panels * kRows; }
  /// The keys that any of the tile's queries sees, or any of a panel's.
  Span keys() const { return {visible_keys(tile.rule, tile.query_begin).begin, tile.query_end}; }
  Span keys(Index panel) const {
    return {visible_keys(tile.rule, query(panel)).begin, query(panel) + rows(panel)};
  }
  Index offset(const HeadsView& view, Index panel, Index row) const {
    return (tile.first_token + query(panel) + row) * view.token_stride +
           head(panel) * view.head_stride;
  }
  Index row_value(Index panel, Index row) const {
    return (tile.first_token + query(panel) + row) * tile.shape.heads + head(panel);
  }

  const AttentionTile& tile;
  Index heads, panels;
};

/// Keys of one block that a tile works on, in whole panels of columns, relative to the block.
struct BlockKeys {
  BlockKeys(const TileRows& rows, Index first_key, Span keys)
      : first(first_key),
        begin(most(keys.begin - first_key, 0) / kColumns * kColumns),
        end(least(keys.end - first_key, kBlockKeys)),
        panels(rows.panels) {
    for (Index p = 0; p < panels; ++p) {
      seen[p] = of(rows.keys(p));
    }
  }
  Index panels_end() const { return in_panels(end); }
  /// Of the keys that a query sees, those of this block.
  Span of(Span visible) const {
    return {most(visible.begin - first, begin), least(visible.end - first, end)};
  }
  /// The first register of a row that sees some of them; the end of the keys if it sees none.
  Index first_seen(Span seen_keys) const {
    return seen_keys.is_empty() ? end : seen_keys.begin / kWidth * kWidth;
  }
  /// The panels of rows of which some query sees one of keys a .. b. Later queries see no earlier
  /// keys.
  Span panels_that_see(Index a, Index b) const {
    Span out{0, panels};
    while (!out.is_empty() && seen[out.begin].end <= a) {
      ++out.begin;
    }
    while (!out.is_empty() && seen[out.end - 1].begin >= b) {
      --out.end;
    }
    return out;
  }

  Index first, begin, end, panels;
  Span seen[kTilePanels];  // by a panel of rows
};

AM_INLINE Bytes element_at(const HeadsView& view, Index offset) {
  return static_cast<Bytes>(view.data) + offset * (view.storage == Storage::float32 ? 4 : 2);
}

/// A panel of rows as a left operand.
template <class By>
AM_INLINE void pack_tile_rows(const TileRows& rows, const HeadsView& view, Index width,
                              float* out) {
  const Steps steps{
      .inner = width, .pairs = By::kPairs, .per_block = steps_of<By>(width), .by_row = true};
  for (Index p = 0; p < rows.panels; ++p) {
    pack_rows({.source = {.data = element_at(view, rows.offset(view, p, 0)),
                          .storage = view.storage,
                          .stride = view.token_stride,
                          .inner_contiguous = true},
               .outer_begin = 0,
               .outer_count = rows.rows(p),
               .row_stride = kRowStride,
               .steps = steps,
               .out = out + p * kRowPanelFloats,
               .block_stride = 0});
  }
}

/// Scores of all panels against the block's keys (or values) that they see: a panel's row by row of
/// kRowStride.
template <class By>
AM_INLINE void multiply_by_keys(const TileRows& rows, const float* a, const float* by_key,
                                Index width, const BlockKeys& keys, float* out) {
  const Index steps = steps_of<By>(width);
  for (Index column = keys.begin; column < keys.panels_end(); column += kColumns) {
    const float* b = by_key + (keys.first + column) * steps;
    const Span panels = keys.panels_that_see(column, column + kColumns);
    for (Index p = panels.begin; p < panels.end; ++p) {
      multiply_panels<typename By::Multiply, PackedRows>(
          rows.rows(p), Strip{a + p * kRowPanelFloats, b, steps, out + p * kRowPanelFloats + column,
                              kRowStride, false});
    }
  }
}

/// Adds rows (weights of keys) times keys (or values) to sums [all rows, whole panels of width].
template <class By>
AM_INLINE void add_weighted_keys(const TileRows& rows, const float* weights, const float* by_width,
                                 Index width, const BlockKeys& keys, float* sums) {
  const Index stride = in_panels(width);
  const Index all_steps = steps_of<By>(rows.tile.keys);
  for (Index column = 0; column < width; column += kColumns) {
    const float* b = by_width + column * all_steps + keys.first / By::kPerStep * kColumns;
    for (Index p = 0; p < rows.panels; ++p) {
      const Index begin = keys.seen[p].begin / By::kPerStep;
      const Index end = steps_of<By>(keys.seen[p].end);
      if (begin < end) {
        multiply_panels<typename By::Multiply, PackedRows>(
            rows.rows(p), Strip{weights + p * kRowPanelFloats + begin, b + begin * kColumns,
                                end - begin, sums + p * kRows * stride + column, stride, true});
      }
    }
  }
}

AM_INLINE void fill_zero(float* begin, const float* end) {
  for (; begin + kWidth <= end; begin += kWidth) {
    vstore(begin, vset(0));
  }
  for (; begin < end; ++begin) {
    *begin = 0;
  }
}

/// From a product of query and key to the logit: of one row's keys.
struct Logits {
  Logits(const AttentionRule& rule, Index head, Index query, Index first_key)
      : scale(vset(rule.scale)),
        softcap(rule.softcap),
        slope(rule.slopes == nullptr ? 0 : rule.slopes[head]),
        slope_scale(rule.slope_scale),
        rounds_slopes(rule.rounds_slopes),
        origin(static_cast<float>(rule.rounds_slopes ? first_key : first_key - query)) {}

  /// After scale and softcap.
  AM_INLINE Vec capped(Vec product) const {
    const Vec x = vmul(product, scale);
    return softcap == 0 ? x : vmul(vset(softcap), vtanh(vmul(x, vset(1 / softcap))));
  }
  /// Plus what the distance adds, of the block's keys `key` and following.
  AM_INLINE Vec placed(Vec capped_logit, Index key) const {
    if (slope == 0) {
      return capped_logit;
    }
    alignas(64) static constexpr float kCount[16] = {0, 1, 2,  3,  4,  5,  6,  7,
                                                     8, 9, 10, 11, 12, 13, 14, 15};
    const Vec place = vadd(vload(kCount), vset(static_cast<float>(key) + origin));
    if (rounds_slopes) {
      const Vec added = to_bf16(vmul(to_bf16(vset(slope)), to_bf16(place)));
      return vfma(vset(slope_scale), added, capped_logit);
    }
    return vfma(vset(slope * slope_scale), place, capped_logit);
  }

  Vec scale;
  float softcap, slope, slope_scale;
  bool rounds_slopes;
  float origin;  // of the places by which the slope is multiplied: the block's first key's
};

}  // namespace automodel::ops::cpu::AM_ISA
