#pragma once
// The face of the kernels that are compiled once per instruction set: plain structs and pointers to
// functions, nothing that brings code into their objects. A kernel does one task on the calling
// thread; who calls it cuts the work and gives the memory.

#include <cstddef>
#include <cstdint>

namespace automodel::ops::cpu {

using Index = std::ptrdiff_t;

enum class Storage : std::uint8_t { float32, bfloat16 };

/// One factor of a product, [outer, inner]: the sum runs over inner. One of both dimensions is
/// contiguous, the other has `stride` elements between neighbours.
struct Operand {
  const void* data = nullptr;
  Storage storage = Storage::float32;
  Index stride = 0;
  bool inner_contiguous = true;
  /// Entry i of the dimension that is not contiguous is row rows[i] of data; null: row i.
  const std::int64_t* rows = nullptr;
  bool operator==(const Operand&) const = default;
};

/// How the inner dimension is cut. A step is one 32-bit unit: a float32, or two bfloat16 that the
/// processor multiplies at once.
struct Steps {
  Index inner = 0;      // elements
  bool pairs = false;   // two a step
  Index per_block = 0;  // of steps; sums are taken block by block
  /// Packed rows hold each row's steps one behind the other; else each step's rows.
  bool by_row = false;
  bool operator==(const Steps&) const = default;
  Index count() const { return pairs ? (inner + 1) / 2 : inner; }
  Index blocks() const { return per_block == 0 ? 0 : (count() + per_block - 1) / per_block; }
};

/// Entries outer_begin .. outer_begin + outer_count of an operand, which are one panel, or of the
/// left one several of `per_panel` each, into the layout of the tile kernel; block n lies at
/// out + n * block_stride.
struct PackTask {
  Operand source;
  Index outer_begin = 0, outer_count = 0;
  Index per_panel = 0;     // 0: one panel
  Index panel_stride = 0;  // of several
  Index row_stride = 0;    // of a panel by row
  Steps steps;
  float* out = nullptr;
  Index block_stride = 0;
};

/// What becomes of sums: sum + bias, stored or added.
struct Output {
  void* data = nullptr;  // [rows, columns], columns contiguous
  Storage storage = Storage::float32;
  Index stride = 0;
  const float* bias = nullptr;  // [columns]
  bool accumulate = false;
  /// Nobody reads it soon: whole lines are written past the caches where that is possible, which
  /// saves reading them first.
  bool streams = false;
};

/// What a later task reads, asked for while this one computes: so many bytes of each row.
struct Ahead {
  const void* first = nullptr;
  Index rows = 0, row_bytes = 0, stride_bytes = 0;
};

/// Both factors of a sum over `steps`.
struct TileTerm {
  /// Packed panels of the task's rows, of panel_rows each but for the last one.
  const float* a = nullptr;
  float* b = nullptr;  // panels of the columns
  Index a_block_stride = 0, a_panel_stride = 0, b_block_stride = 0, b_panel_stride = 0;
  /// Columns column_begin .. are packed to b from here, each part before it is read; strides of 0
  /// make all of them take one place. No data: they lie there packed.
  Operand unpacked_b;
  Steps steps;
  Ahead ahead;
};

/// Rows and columns of one product whose rows are packed. row_begin and column_begin are first
/// entries of panels; columns count from the strip whose panels lie at b.
struct TileTask {
  TileTerm term;
  TileTerm added;  // a second product; without steps: none
  Index panel_rows = 1;
  Index row_begin = 0, row_end = 0, column_begin = 0, column_end = 0;
  bool whole_panels = false;  // all columns of the product
  float* sums = nullptr;      // workspace of (rows) x (columns, whole panels)
  Output out;
  /// For each panel of the product's rows and each one of these columns: the sum of squares of what
  /// was stored, or would be in float32, is added here. Null: nobody asks.
  float* squares = nullptr;
  Index squares_stride = 0;  // between panels of rows
};

struct GemmKernels {
  Index panel_rows = 0;     // at most, of the left operand
  Index panel_columns = 0;  // of the right one
  Index block_steps = 0;    // at most
  Index row_stride = 0;     // of the left operand's panels by row
  bool has_pairs = false;
  bool has_tiles = false;  // of pairs (AMX)
  void (*pack_rows)(const PackTask&) = nullptr;
  void (*pack_columns)(const PackTask&) = nullptr;
  void (*tile)(const TileTask&) = nullptr;
};

/// Rows of heads: token t, head h begins at data + t * token_stride + h * head_stride elements.
struct HeadsView {
  void* data = nullptr;
  Storage storage = Storage::float32;
  Index token_stride = 0, head_stride = 0;
};

/// What a query sees of the keys of its document, and how scores become weights.
struct AttentionRule {
  float scale = 1;
  float softcap = 0;              // 0: none
  Index window = 0;               // 0: none; a query sees itself and window - 1 keys before it
  Index chunk = 0;                // 0: none; a query sees the keys of its chunk
  const float* slopes = nullptr;  // [heads], ALiBi; null: none
  float slope_scale = 1;          // of what they add: slope * (key - query), or
  bool rounds_slopes = false;     // slope * key, its factors and itself rounded to bfloat16
  const float* sinks = nullptr;   // [heads]; null: none
};

struct AttentionShape {
  Index heads = 0, kv_heads = 0, key_width = 0, value_width = 0;
};

/// Keys or values of one document and head, packed as right operands. Widths and numbers of keys
/// are rounded up to whole panels of columns; widths or numbers of keys are steps.
struct PackedKeys {
  const float* by_key = nullptr;    // columns are keys: panels [width, panel_columns]
  const float* by_width = nullptr;  // columns are entries of a key: panels [keys, panel_columns]
};

/// Some queries of one document and some heads, which share a head of keys.
struct AttentionTile {
  AttentionShape shape;
  AttentionRule rule;
  Index head_begin = 0, head_end = 0;
  Index query_begin = 0, query_end = 0;  // in the document
  Index first_token = 0;                 // of the document, in all views
  Index keys = 0;                        // of the document
  PackedKeys k, v;
  bool in_pairs = false;  // so are k and v packed; q and grad_out are bfloat16
  HeadsView q, out;
  float* log_sums = nullptr;   // [tokens, heads]
  float* workspace = nullptr;  // AttentionKernels::workspace_floats
};

/// What keys key_begin .. key_end of the document, a segment, contribute to the gradients of a
/// tile and of themselves.
struct AttentionBackward {
  AttentionTile tile;
  Index key_begin = 0, key_end = 0;
  HeadsView grad_out;
  const float* dots = nullptr;  // [tokens, heads], of grad_out and out
  HeadsView grad_q;             // set
  float* grad_k = nullptr;      // added to: [keys of the segment, whole panels of key_width]
  float* grad_v = nullptr;      // the same of value_width
};

/// The inner product of each row of a and that of b, which are stored alike.
struct HeadDots {
  HeadsView a, b;
  Index token_begin = 0, token_end = 0, heads = 0, width = 0;
  float* out = nullptr;  // [tokens, heads]
};

/// The sums of several parts, taken in their order, as rows of heads.
struct StoreRows {
  const float* parts = nullptr;  // rows of `width`
  Index count = 1, part_stride = 0, row_stride = 0;
  Index rows = 0, width = 0;
  HeadsView out;  // from the first row on
};

struct AttentionKernels {
  Index max_width = 0;      // of a head
  Index block_keys = 0;     // segments begin at multiples of it
  Index panel_columns = 0;  // of PackedKeys
  /// What a tile takes at most, and the workspace it needs.
  Index (*tile_heads)(const AttentionShape&) = nullptr;
  Index (*tile_queries)(const AttentionShape&) = nullptr;
  Index (*workspace_floats)(const AttentionShape&) = nullptr;
  void (*forward)(const AttentionTile&) = nullptr;
  void (*backward)(const AttentionBackward&) = nullptr;
  void (*dots)(const HeadDots&) = nullptr;
  void (*store)(const StoreRows&) = nullptr;
};

/// Elements that lie one behind the other.
struct Elements {
  void* data = nullptr;
  Storage storage = Storage::float32;
};

/// The first 2 * pairs entries of each head are rotated pair by pair, by the angles of its token;
/// the others are copied.
struct RopeTask {
  HeadsView x, out;
  Elements cos, sin;  // [tokens, pairs]
  Index token_begin = 0, token_end = 0;
  Index heads = 0, width = 0, pairs = 0;
  bool interleaved = false;  // a pair are two neighbours, else an entry of each half
  bool backwards = false;    // by the negative angle
};

/// One row of logits z: its loss (1 - label_smoothing) * (l - z[label]) + label_smoothing *
/// (l - mean(z)) + z_loss * l^2 with l = logsumexp(z), and in place of z, if wanted, the gradient
/// of weight * loss with respect to the product that z was made from, z = softcap(scale * product).
struct LossRow {
  Elements logits;
  Index size = 0;
  Index label = 0;
  bool wants_gradient = false;
  float weight = 1;
  float scale = 1;
  float softcap = 0;  // 0: none
  float label_smoothing = 0;
  float z_loss = 0;
};

enum class Gate : std::uint8_t { silu, gelu_tanh, clamped };

/// gate(g) * u of `size` elements; clamped: min(g, limit) * sigmoid(alpha * that) * (1 + u within
/// +-limit). The backward is that of `weight` times this, which it stores in `out`, and returns the
/// gradient of the weight.
struct GluTask {
  Gate kind = Gate::silu;
  float limit = 0, alpha = 0;
  float weight = 1;   // of the backward
  Elements gate, up;  // up without data: 1, and it has no gradient
  Elements out;       // the backward leaves it alone if its data is null
  Elements grad;      // of out
  Elements grad_gate, grad_up;
  Index size = 0;
};

/// Rows of x / sqrt(mean(x^2) + eps) * gain + bias, x less its mean if there is a place for the
/// means. With a residual, x + residual is stored in sum first and then normalised.
struct NormTask {
  Elements x, residual, sum, out;
  Index rows = 0, width = 0;
  float eps = 0;
  const float* gain = nullptr;  // [width], or null: none
  const float* bias = nullptr;  // the same
  /// The normalised value is rounded to x's storage before the gain.
  bool round_before_gain = false;
  float* mean = nullptr;     // [rows]: of a layer norm; the backward reads both
  float* inverse = nullptr;  // [rows]: 1 / sqrt(mean square + eps)
  // Of the backward, which adds the residual to grad_x if there is one:
  Elements grad, grad_x;
  float* grad_gain = nullptr;  // [width], added to; null: not wanted
  float* grad_bias = nullptr;  // the same
};

/// Sum of weights[r] * row index[r] of x over r in [0, rows), taken in this order.
struct RowSum {
  Elements x;                           // a matrix of rows of `width`
  const std::int64_t* index = nullptr;  // null: row r
  const float* weights = nullptr;       // null: 1
  Index rows = 0, width = 0;
  Elements out;
};

struct RowKernels {
  float (*loss)(const LossRow&) = nullptr;
  void (*glu)(const GluTask&) = nullptr;
  float (*glu_backward)(const GluTask&) = nullptr;
  void (*sum_rows)(const RowSum&) = nullptr;
  void (*norm)(const NormTask&) = nullptr;
  void (*norm_backward)(const NormTask&) = nullptr;
};

/// One step of Adam on `size` entries, all pointers to the first of them. A bfloat16 weight with a
/// remainder is the upper half of a float32 one, rounded to the nearest: its bits are
/// (weight << 16) + remainder, or (weight << 16) + (remainder << 8) if that has one byte. What has
/// no place, in bfloat16 moments too, is rounded at random (kernels/rounding.h), up as often as it
/// is large: by the first 16 of an entry's random bits for exp_avg, the last for exp_avg_sq and its
/// maximum, those in between for the weight (the upper eight of these for 24 bits). The upper eight
/// bits of a number decide nearly alone, and these no two of them share.
struct AdamTask {
  Elements weight;
  void* remainder = nullptr;  // of the bfloat16 weight, signed; null: there is none
  int remainder_bytes = 2;    // of an entry: 1 or 2
  Elements exp_avg;
  Elements exp_avg_sq;
  Elements max_exp_avg_sq;  // stored as exp_avg_sq; no data: without amsgrad
  Elements grad;
  Index size = 0;
  /// Entries of all but the gradient that lie so far behind are asked for, whether there are any or
  /// not; 0: none.
  Index ahead = 0;
  std::uint32_t noise =
      0;                 // even: the random bits of the first entry; the next have noise + 1, ...
  float grad_scale = 1;  // the gradient counts times this
  float l2 = 0;          // weight * l2 is added to the gradient
  float shrink = 1;      // of the weight
  float beta1 = 0, beta2 = 0;
  float rest1 = 1, rest2 = 1;     // 1 - beta, which float32 would round at the size of beta
  float step_size = 0;            // lr / (1 - beta1^step)
  float root_scale = 1, eps = 0;  // of the denominator: sqrt(second) * root_scale + eps
};

struct UpdateKernels {
  double (*sum_of_squares)(const Elements&, Index size) = nullptr;
  void (*adam)(const AdamTask&) = nullptr;
};

struct Kernels {
  GemmKernels gemm;
  AttentionKernels attention;
  RowKernels rows;
  void (*rope)(const RopeTask&) = nullptr;
  UpdateKernels update;
};

}  // namespace automodel::ops::cpu
