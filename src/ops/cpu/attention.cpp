#include "ops/cpu/attention.h"

#include <ATen/ops/empty.h>

#include <algorithm>
#include <vector>

#include "base/attention_segments.h"
#include "ops/cpu/operands.h"
#include "tensor/threads.h"

namespace automodel::ops::cpu {
namespace {

/// Its keys are cut into segments, whose gradients are taken one by one.
struct Document {
  Index first_token, keys, segment_keys;
  Index segments() const { return ceil_div(keys, segment_keys); }
};

std::vector<Document> documents_of(const AttentionKernels& kernels, const AttentionInputs& inputs) {
  std::vector<Document> out;
  const auto& bounds = inputs.cu_seqlens;
  const auto heads = static_cast<Index>(bounds.size() - 1) * inputs.shape.kv_heads;
  for (std::size_t n = 0; n + 1 < bounds.size(); ++n) {
    const Index keys = bounds[n + 1] - bounds[n];
    out.push_back({bounds[n], keys, attention_segment_keys(keys, heads, kernels.block_keys)});
  }
  return out;
}

/// A workspace of so many floats for each worker that has one of the tasks.
at::Tensor workspaces(std::size_t tasks, Index floats) {
  return at::empty({std::min(num_workers(), static_cast<Index>(tasks)) * floats}, at::kFloat);
}

HeadsView from_head(HeadsView view, Index token, Index head) {
  const Index elements = token * view.token_stride + head * view.head_stride;
  view.data = static_cast<char*>(view.data) + elements * (view.storage == Storage::float32 ? 4 : 2);
  return view;
}

/// Whether products are of pairs of bfloat16: where the processor multiplies them.
bool in_pairs(const Kernels& kernels, const AttentionInputs& inputs) {
  const auto is_narrow = [](const HeadsView& x) { return x.storage == Storage::bfloat16; };
  return kernels.gemm.has_pairs && is_narrow(inputs.q) && is_narrow(inputs.k) &&
         is_narrow(inputs.v);
}

/// Keys or values of all documents and heads as right operands.
class PackedHeads {
 public:
  struct Layouts {
    bool by_key, by_width;
  };

  PackedHeads(const Kernels& kernels, const std::vector<Document>& documents,
              const AttentionInputs& inputs)
      : kernels_(kernels),
        documents_(documents),
        inputs_(inputs),
        in_pairs_(cpu::in_pairs(kernels, inputs)) {}

  void add(const HeadsView& view, Index width, Layouts layouts) {
    const Index columns = kernels_.attention.panel_columns;
    Index floats = 0;
    const auto place = [&](bool wanted, Index size) {
      floats += wanted ? size : 0;
      return wanted ? floats - size : Index{-1};
    };
    std::vector<std::pair<Index, Index>> offsets;
    for (const Document& document : documents_) {
      for (Index head = 0; head < inputs_.shape.kv_heads; ++head) {
        const Index by_key =
            place(layouts.by_key, ceil_div(document.keys, columns) * columns * steps(width));
        const Index by_width =
            place(layouts.by_width, ceil_div(width, columns) * columns * steps(document.keys));
        offsets.emplace_back(by_key, by_width);
      }
    }
    buffers_.push_back(at::empty({floats}, at::kFloat));
    float* const base = buffers_.back().mutable_data_ptr<float>();
    packed_.emplace_back();
    for (std::size_t i = 0; i < offsets.size(); ++i) {
      const auto [by_key, by_width] = offsets[i];
      packed_.back().push_back(
          {by_key < 0 ? nullptr : base + by_key, by_width < 0 ? nullptr : base + by_width});
      list(view, width, static_cast<Index>(i), packed_.back().back());
    }
  }

  void run() {
    for_each_task(static_cast<Index>(tasks_.size()), [this](Index i, Index /*worker*/) {
      kernels_.gemm.pack_columns(tasks_[static_cast<std::size_t>(i)]);
    });
  }

  bool in_pairs() const { return in_pairs_; }

  /// Of the operand that was added as number `index`.
  PackedKeys at(std::size_t index, std::size_t document, Index head) const {
    return packed_[index][document * static_cast<std::size_t>(inputs_.shape.kv_heads) +
                          static_cast<std::size_t>(head)];
  }

 private:
  Index steps(Index elements) const { return in_pairs_ ? ceil_div(elements, 2) : elements; }

  void list(const HeadsView& view, Index width, Index i, const PackedKeys& to) {
    const Index columns = kernels_.attention.panel_columns;
    const Document& document = documents_[static_cast<std::size_t>(i / inputs_.shape.kv_heads)];
    const HeadsView head = from_head(view, document.first_token, i % inputs_.shape.kv_heads);
    PackTask task{
        .source = {.data = head.data, .storage = view.storage, .stride = view.token_stride}};
    for (Index key = 0; to.by_key != nullptr && key < document.keys; key += columns) {
      task.source.inner_contiguous = true;
      task.outer_begin = key;
      task.outer_count = std::min(columns, document.keys - key);
      task.steps = {.inner = width, .pairs = in_pairs_, .per_block = steps(width)};
      task.out = const_cast<float*>(to.by_key) + key * steps(width);
      tasks_.push_back(task);
    }
    for (Index column = 0; to.by_width != nullptr && column < width; column += columns) {
      task.source.inner_contiguous = false;
      task.outer_begin = column;
      task.outer_count = std::min(columns, width - column);
      task.steps = {.inner = document.keys, .pairs = in_pairs_, .per_block = steps(document.keys)};
      task.out = const_cast<float*>(to.by_width) + column * steps(document.keys);
      tasks_.push_back(task);
    }
  }

  const Kernels& kernels_;
  const std::vector<Document>& documents_;
  const AttentionInputs& inputs_;
  bool in_pairs_;
  std::vector<at::Tensor> buffers_;
  std::vector<std::vector<PackedKeys>> packed_;
  std::vector<PackTask> tasks_;
};

constexpr std::size_t kKeys = 0, kValues = 1;

/// What all tiles of one document and head of keys share.
AttentionTile tile_of(const AttentionInputs& inputs, const PackedHeads& packed,
                      const std::vector<Document>& documents, std::size_t document, Index head) {
  return {.shape = inputs.shape,
          .rule = inputs.rule,
          .first_token = documents[document].first_token,
          .keys = documents[document].keys,
          .k = packed.at(kKeys, document, head),
          .v = packed.at(kValues, document, head),
          .in_pairs = packed.in_pairs(),
          .q = inputs.q};
}

/// Calls work(tile) for each tile of a document and head of keys, the longest rows first.
template <class Work>
void for_each_tile(const AttentionKernels& kernels, AttentionTile tile, Index kv_head,
                   const Work& work) {
  const AttentionShape& shape = tile.shape;
  const Index group = shape.heads / shape.kv_heads;
  const Index queries = kernels.tile_queries(shape), heads = kernels.tile_heads(shape);
  for (Index t = ceil_div(tile.keys, queries) - 1; t >= 0; --t) {
    tile.query_begin = t * queries;
    tile.query_end = std::min(tile.query_begin + queries, tile.keys);
    for (Index h = 0; h < group; h += heads) {
      tile.head_begin = kv_head * group + h;
      tile.head_end = kv_head * group + std::min(h + heads, group);
      work(tile);
    }
  }
}

/// The whole backward of one segment of keys.
struct SegmentTask {
  AttentionBackward backward;
  const Document* document = nullptr;
  Index kv_head = 0;
  Index keys() const { return backward.key_end - backward.key_begin; }
  Index cost() const { return keys() * (document->keys - backward.key_begin); }
};

std::vector<SegmentTask> segment_tasks(const AttentionInputs& inputs,
                                       const AttentionGradients& gradients,
                                       const PackedHeads& packed,
                                       const std::vector<Document>& documents) {
  std::vector<SegmentTask> out;
  for (std::size_t n = 0; n < documents.size(); ++n) {
    const Document& document = documents[n];
    for (Index head = 0; head < inputs.shape.kv_heads; ++head) {
      SegmentTask task{.backward = {.tile = tile_of(inputs, packed, documents, n, head),
                                    .grad_out = gradients.grad_out,
                                    .dots = gradients.dots},
                       .document = &document,
                       .kv_head = head};
      auto& backward = task.backward;
      backward.tile.log_sums = const_cast<float*>(gradients.log_sums);
      for (Index begin = 0; begin < document.keys; begin += document.segment_keys) {
        backward.key_begin = begin;
        backward.key_end = std::min(begin + document.segment_keys, document.keys);
        out.push_back(task);
      }
    }
  }
  std::stable_sort(out.begin(), out.end(),
                   [](const SegmentTask& a, const SegmentTask& b) { return a.cost() > b.cost(); });
  return out;
}

/// The backward of all segments, each by one worker. What several segments contribute to the
/// gradient of a query lies in parts, one for each segment, until all are there.
class SegmentedBackward {
 public:
  SegmentedBackward(const Kernels& kernels, const AttentionInputs& inputs,
                    const AttentionGradients& gradients)
      : kernels_(kernels),
        inputs_(inputs),
        gradients_(gradients),
        documents_(documents_of(kernels.attention, inputs)),
        tokens_(inputs.cu_seqlens.back()),
        row_(inputs.shape.heads * inputs.shape.key_width) {}

  void run() {
    PackedHeads packed(kernels_, documents_, inputs_);
    packed.add(inputs_.k, inputs_.shape.key_width, {.by_key = true, .by_width = true});
    packed.add(inputs_.v, inputs_.shape.value_width, {.by_key = true, .by_width = false});
    packed.run();
    const auto tasks = segment_tasks(inputs_, gradients_, packed, documents_);
    Index keys = 0, segments = 1;
    for (const Document& document : documents_) {
      keys = std::max(keys, std::min(document.segment_keys, document.keys));
      segments = std::max(segments, document.segments());
    }
    const at::Tensor parts = at::empty({segments > 1 ? segments * tokens_ * row_ : 0}, at::kFloat);
    parts_ = parts.mutable_data_ptr<float>();
    tile_floats_ = kernels_.attention.workspace_floats(inputs_.shape);
    const Index floats =
        tile_floats_ + keys * (padded(inputs_.shape.key_width) + padded(inputs_.shape.value_width));
    const at::Tensor workspace = workspaces(tasks.size(), floats);
    float* const base = workspace.mutable_data_ptr<float>();
    for_each_task(static_cast<Index>(tasks.size()), [&](Index i, Index worker) {
      run_segment(tasks[static_cast<std::size_t>(i)], base + worker * floats);
    });
    add_parts();
  }

 private:
  /// Whole panels.
  Index padded(Index width) const {
    const Index columns = kernels_.attention.panel_columns;
    return ceil_div(width, columns) * columns;
  }

  /// The segments of which some query of the tile sees keys, numbers first .. end.
  struct Segments {
    Index first, end;
  };
  Segments segments_of(const Document& document, const AttentionTile& tile) const {
    const Index window = inputs_.rule.window;
    const Index oldest = window > 0 ? std::max(tile.query_begin - window + 1, Index{0}) : 0;
    return {oldest / document.segment_keys, ceil_div(tile.query_end, document.segment_keys)};
  }

  /// Where a segment's part of the queries' gradients lies.
  HeadsView part(Index segment) const {
    return {.data = parts_ + segment * tokens_ * row_,
            .token_stride = row_,
            .head_stride = inputs_.shape.key_width};
  }

  void run_segment(SegmentTask task, float* workspace) const {
    AttentionBackward& backward = task.backward;
    AttentionTile shared = backward.tile;
    const auto& shape = inputs_.shape;
    shared.workspace = workspace;
    backward.grad_k = workspace + tile_floats_;
    backward.grad_v = backward.grad_k + task.keys() * padded(shape.key_width);
    std::fill(backward.grad_k, backward.grad_v + task.keys() * padded(shape.value_width), 0.0F);
    const Index segment = backward.key_begin / task.document->segment_keys;
    for_each_tile(kernels_.attention, shared, task.kv_head, [&](const AttentionTile& tile) {
      const auto [first, end] = segments_of(*task.document, tile);
      if (first <= segment && segment < end) {
        backward.tile = tile;
        backward.grad_q = end - first == 1 ? gradients_.grad_q : part(segment);
        kernels_.attention.backward(backward);
      }
    });
    store(task, backward.grad_k, shape.key_width, gradients_.grad_k);
    store(task, backward.grad_v, shape.value_width, gradients_.grad_v);
  }

  void store(const SegmentTask& task, const float* sums, Index width, const HeadsView& to) const {
    kernels_.attention.store(
        {.parts = sums,
         .row_stride = padded(width),
         .rows = task.keys(),
         .width = width,
         .out = from_head(to, task.document->first_token + task.backward.key_begin, task.kv_head)});
  }

  /// Of all tiles to which several segments contribute.
  void add_parts() const {
    std::vector<StoreRows> tasks;
    for (const Document& document : documents_) {
      const AttentionTile whole{.shape = inputs_.shape, .keys = document.keys};
      for_each_tile(kernels_.attention, whole, 0, [&](const AttentionTile& tile) {
        const auto [first, end] = segments_of(document, tile);
        const Index token = document.first_token + tile.query_begin;
        if (tile.head_begin == 0 && end - first > 1) {
          tasks.push_back({.parts = parts_ + (first * tokens_ + token) * row_,
                           .count = end - first,
                           .part_stride = tokens_ * row_,
                           .row_stride = row_,
                           .rows = tile.query_end - tile.query_begin,
                           .width = row_,
                           .out = from_head(gradients_.grad_q, token, 0)});
        }
      });
    }
    for_each_task(static_cast<Index>(tasks.size()), [&](Index i, Index /*worker*/) {
      kernels_.attention.store(tasks[static_cast<std::size_t>(i)]);
    });
  }

  const Kernels& kernels_;
  const AttentionInputs& inputs_;
  const AttentionGradients& gradients_;
  const std::vector<Document> documents_;
  const Index tokens_, row_;  // a query's gradients of all heads
  float* parts_ = nullptr;    // [segments, tokens, row]
  Index tile_floats_ = 0;
};

}  // namespace

void attention_forward(const Kernels& kernels, const AttentionInputs& inputs, const HeadsView& out,
                       float* log_sums) {
  const auto documents = documents_of(kernels.attention, inputs);
  PackedHeads packed(kernels, documents, inputs);
  packed.add(inputs.k, inputs.shape.key_width, {.by_key = true, .by_width = false});
  packed.add(inputs.v, inputs.shape.value_width, {.by_key = false, .by_width = true});
  packed.run();
  std::vector<AttentionTile> tiles;
  for (std::size_t n = 0; n < documents.size(); ++n) {
    for (Index head = 0; head < inputs.shape.kv_heads; ++head) {
      auto shared = tile_of(inputs, packed, documents, n, head);
      shared.out = out;
      shared.log_sums = log_sums;
      for_each_tile(kernels.attention, shared, head,
                    [&](const AttentionTile& tile) { tiles.push_back(tile); });
    }
  }
  const Index floats = kernels.attention.workspace_floats(inputs.shape);
  const at::Tensor workspace = workspaces(tiles.size(), floats);
  float* const base = workspace.mutable_data_ptr<float>();
  for_each_task(static_cast<Index>(tiles.size()), [&](Index i, Index worker) {
    AttentionTile tile = tiles[static_cast<std::size_t>(i)];
    tile.workspace = base + worker * floats;
    kernels.attention.forward(tile);
  });
}

void attention_dots(const Kernels& kernels, const HeadDots& task) {
  constexpr Index kTokens = 64;
  for_each_task(ceil_div(task.token_end - task.token_begin, kTokens),
                [&](Index i, Index /*worker*/) {
                  HeadDots part = task;
                  part.token_begin += i * kTokens;
                  part.token_end = std::min(part.token_begin + kTokens, task.token_end);
                  kernels.attention.dots(part);
                });
}

void attention_backward(const Kernels& kernels, const AttentionInputs& inputs,
                        const AttentionGradients& gradients) {
  SegmentedBackward(kernels, inputs, gradients).run();
}

}  // namespace automodel::ops::cpu
