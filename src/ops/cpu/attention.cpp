#include "ops/cpu/attention.h"

#include <ATen/ops/empty.h>

#include <algorithm>
#include <vector>

#include "ops/cpu/operands.h"
#include "tensor/threads.h"

namespace automodel::ops::cpu {
namespace {

constexpr Index kWantedTasks = 12;  // of the backward: enough for a balance, few partial gradients

struct Document {
  Index first_token, keys, segments;
};

Index segment_keys(const AttentionKernels& kernels, const Document& document) {
  return ceil_div(ceil_div(document.keys, kernels.block_keys), document.segments) *
         kernels.block_keys;
}

std::vector<Document> documents_of(const AttentionKernels& kernels, const AttentionInputs& inputs) {
  std::vector<Document> out;
  const auto& bounds = inputs.cu_seqlens;
  const auto tasks = static_cast<Index>(bounds.size() - 1) * inputs.shape.kv_heads;
  for (std::size_t n = 0; n + 1 < bounds.size(); ++n) {
    const Index keys = bounds[n + 1] - bounds[n];
    const Index blocks = std::max(ceil_div(keys, kernels.block_keys), Index{1});
    out.push_back({bounds[n], keys, std::clamp(ceil_div(kWantedTasks, tasks), Index{1}, blocks)});
  }
  return out;
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
  Index kv_head = 0;
  Index cost() const {
    return (backward.key_end - backward.key_begin) * (backward.tile.keys - backward.key_begin);
  }
};

bool touches(const AttentionRule& rule, const AttentionTile& tile, Index key_begin, Index key_end) {
  const Index oldest = rule.window > 0 ? tile.query_begin - rule.window + 1 : 0;
  return tile.query_end > key_begin && oldest < key_end;
}

std::vector<SegmentTask> segment_tasks(const Kernels& kernels, const AttentionInputs& inputs,
                                       const AttentionGradients& gradients,
                                       const PackedHeads& packed,
                                       const std::vector<Document>& documents) {
  const AttentionShape& shape = inputs.shape;
  const Index columns = kernels.attention.panel_columns;
  const Index tokens = inputs.cu_seqlens.back();
  std::vector<SegmentTask> out;
  for (std::size_t n = 0; n < documents.size(); ++n) {
    const Index keys = segment_keys(kernels.attention, documents[n]);
    for (Index head = 0; head < shape.kv_heads; ++head) {
      SegmentTask task{.backward = {.tile = tile_of(inputs, packed, documents, n, head),
                                    .grad_out = gradients.grad_out},
                       .kv_head = head};
      auto& backward = task.backward;
      backward.tile.out = gradients.out;
      backward.tile.log_sums = const_cast<float*>(gradients.log_sums);
      for (Index segment = 0; segment * keys < documents[n].keys; ++segment) {
        backward.key_begin = segment * keys;
        backward.key_end = std::min(backward.key_begin + keys, documents[n].keys);
        backward.grad_q = {
            .data = gradients.grad_q + segment * tokens * shape.heads * shape.key_width,
            .token_stride = shape.heads * shape.key_width,
            .head_stride = shape.key_width};
        const Index row = head * tokens + documents[n].first_token + backward.key_begin;
        backward.grad_k = gradients.grad_k + row * ceil_div(shape.key_width, columns) * columns;
        backward.grad_v = gradients.grad_v + row * ceil_div(shape.value_width, columns) * columns;
        out.push_back(task);
      }
    }
  }
  std::stable_sort(out.begin(), out.end(),
                   [](const SegmentTask& a, const SegmentTask& b) { return a.cost() > b.cost(); });
  return out;
}

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
  const at::Tensor workspace = at::empty({num_workers() * floats}, at::kFloat);
  float* const base = workspace.mutable_data_ptr<float>();
  for_each_task(static_cast<Index>(tiles.size()), [&](Index i, Index worker) {
    AttentionTile tile = tiles[static_cast<std::size_t>(i)];
    tile.workspace = base + worker * floats;
    kernels.attention.forward(tile);
  });
}

Index num_attention_segments(const AttentionKernels& kernels, const AttentionInputs& inputs) {
  Index most = 1;
  for (const Document& document : documents_of(kernels, inputs)) {
    most = std::max(most, document.segments);
  }
  return most;
}

void attention_backward(const Kernels& kernels, const AttentionInputs& inputs,
                        const AttentionGradients& gradients) {
  const auto documents = documents_of(kernels.attention, inputs);
  PackedHeads packed(kernels, documents, inputs);
  packed.add(inputs.k, inputs.shape.key_width, {.by_key = true, .by_width = true});
  packed.add(inputs.v, inputs.shape.value_width, {.by_key = true, .by_width = false});
  packed.run();
  const auto tasks = segment_tasks(kernels, inputs, gradients, packed, documents);
  const Index floats = kernels.attention.workspace_floats(inputs.shape);
  const at::Tensor workspace = at::empty({num_workers() * floats}, at::kFloat);
  float* const base = workspace.mutable_data_ptr<float>();
  for_each_task(static_cast<Index>(tasks.size()), [&](Index i, Index worker) {
    SegmentTask task = tasks[static_cast<std::size_t>(i)];
    task.backward.tile.workspace = base + worker * floats;
    for_each_tile(
        kernels.attention, task.backward.tile, task.kv_head, [&](const AttentionTile& tile) {
          if (touches(inputs.rule, tile, task.backward.key_begin, task.backward.key_end)) {
            task.backward.tile = tile;
            kernels.attention.backward(task.backward);
          }
        });
  });
}

}  // namespace automodel::ops::cpu
