#include "plan/activations.h"

#include <algorithm>
#include <string_view>

#include "base/attention_segments.h"
#include "base/division.h"
#include "spec/parameters.h"

namespace automodel::plan {
namespace {

constexpr std::int64_t kIndex = 8;

// Of our attention kernel.
constexpr std::int64_t kWidestHead = 256;
constexpr std::int64_t kTileRows = 112;      // of queries and heads, that a worker works on
constexpr std::int64_t kFloatsOfRow = 2000;  // scores of a block of keys, and their gradients

/// Values of one token that are of a feed-forward's inner width.
std::int64_t inner_values(const spec::Mlp& mlp) { return (mlp.gated ? 2 : 1) * mlp.inner; }
std::int64_t inner_values(const spec::Moe& moe) {
  return 2 * moe.per_token * moe.inner + (moe.shared ? inner_values(moe.shared->mlp) : 0);
}
std::int64_t inner_values(const spec::MlpBesideMoe& both) {
  return inner_values(both.mlp) + inner_values(both.moe);
}

/// What attention sees of a mixer.
struct Heads {
  std::int64_t queries, keys;  // how many
  std::int64_t width, value_width;
  std::int64_t window;  // 0: none
};
Heads heads_of(const spec::Gqa& gqa) {
  return {gqa.heads, gqa.kv_heads, gqa.head_dim, gqa.value_width(), gqa.window.value_or(0)};
}
Heads heads_of(const spec::Mla& mla) {
  return {mla.heads, mla.heads, mla.head_dim(), mla.value_dim, 0};
}

/// Whether our attention takes them, whatever their mask.
bool is_own(const Heads& heads, const BatchShape& batch) {
  return batch.own_kernels && std::max(heads.width, heads.value_width) <= kWidestHead;
}

/// Counts what one layer keeps. Values are in the compute type; the rest is counted in bytes.
class Kept {
 public:
  Kept(const spec::ModelSpec& model, std::size_t index, const BatchShape& batch,
       const TrainedLinears& trained)
      : layer_(model.layers[index]),
        dim_(model.dim),
        batch_(batch),
        trained_(trained),
        prefix_(spec::layer_prefix(static_cast<std::int64_t>(index))) {}

  LayerBytes bytes() {
    values_ += 2 * dim_;  // the stream before each branch
    if (!spec::norm_names(layer_.placement).after_mixer.empty()) {
      values_ += 2 * dim_;
    }
    const bool has_means = layer_.norm.kind == spec::Norm::Kind::layer;
    token_bytes_ += (has_means ? 4 : 2) * kFloat;  // of both norms: 1/rms, and the means
    std::visit([this](const auto& mixer) { add(mixer); }, layer_.mixer);
    std::visit([this](const auto& ffn) { add(ffn); }, layer_.ffn);
    if (layer_.input) {
      values_ += dim_ + 3 * layer_.input->dim;
    }
    LayerBytes out{batch_.tokens() * (values_ * batch_.compute_width + token_bytes_) + score_bytes_,
                   batch_.tokens() * inner_ * batch_.compute_width};
    if (batch_.recompute == Recompute::off) {
      return {out.kept + out.again, 0};
    }
    if (batch_.recompute == Recompute::full) {
      return {batch_.tokens() * dim_ * batch_.compute_width, out.kept + out.again};
    }
    return out;
  }

 private:
  bool any_trained(std::initializer_list<std::string_view> names) const {
    return std::ranges::any_of(names, [this](std::string_view name) {
      return trained_.contains(prefix_ + std::string(name));
    });
  }

  void add(const spec::Gqa& gqa) {
    if (any_trained({"self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"})) {
      values_ += dim_;
    }
    const std::int64_t queries = gqa.heads * gqa.head_dim;
    const std::int64_t keys = gqa.kv_heads * gqa.head_dim;
    values_ += queries + keys + (gqa.kv_heads + gqa.heads) * gqa.value_width();
    if (gqa.head_norm) {
      values_ += queries + keys;
    }
    const bool plain = !gqa.softcap && !gqa.sinks && !gqa.alibi && !gqa.chunk &&
                       gqa.value_width() == gqa.head_dim &&
                       (!gqa.window || *gqa.window >= batch_.row_tokens);
    add_scores(gqa.heads, is_own(heads_of(gqa), batch_) || plain, gqa.softcap.has_value());
  }

  void add(const spec::Mla& mla) {
    values_ += dim_ + 2 * mla.heads * (mla.head_dim() + mla.value_dim) +
               2 * mla.q_lora_rank.value_or(0) + 2 * mla.kv_lora_rank;
    const bool plain = mla.head_dim() == mla.value_dim;
    add_scores(mla.heads, is_own(heads_of(mla), batch_) || plain, false);
  }

  /// The fused kernel keeps one number per row and head; the plain one all probabilities.
  void add_scores(std::int64_t heads, bool fused, bool softcapped) {
    if (fused) {
      token_bytes_ += heads * kFloat;
      return;
    }
    const std::int64_t width = batch_.compute_width;
    const std::int64_t square = batch_.rows * batch_.row_tokens * batch_.row_tokens;
    score_bytes_ +=
        square * (heads * (kFloat + (width < kFloat ? width : 0) + (softcapped ? width : 0)) + 1);
  }

  /// The feed-forward's input is kept for trained weights and for a recompute.
  bool is_input_kept(std::initializer_list<std::string_view> layers) const {
    return batch_.recompute == Recompute::selective || any_trained(layers);
  }

  void add(const spec::Mlp& mlp) {
    if (is_input_kept({"mlp.gate_proj", "mlp.up_proj"})) {
      values_ += dim_;
    }
    inner_ += inner_values(mlp);
  }

  void add(const spec::Moe& moe) {
    if (is_input_kept({"mlp.gate", "mlp.experts"})) {
      values_ += dim_;
    }
    inner_ += inner_values(moe);
    token_bytes_ += 2 * moe.experts * kFloat + moe.per_token * (2 * kIndex + kFloat);
    values_ += moe.shared && moe.shared->gated ? dim_ : 0;
  }

  void add(const spec::MlpBesideMoe& both) {
    add(both.mlp);
    add(both.moe);
    values_ += 3 * dim_;
  }

  const spec::Layer& layer_;
  std::int64_t dim_;
  const BatchShape& batch_;
  const TrainedLinears& trained_;
  std::string prefix_;
  std::int64_t values_ = 0;       // of one token
  std::int64_t inner_ = 0;        // the same, of feed-forwards' inner products
  std::int64_t token_bytes_ = 0;  // of one token
  std::int64_t score_bytes_ = 0;
};

std::int64_t widest(const spec::Mlp& mlp) { return 4 * mlp.inner; }
/// The inner values of all of a token's experts are there at once.
std::int64_t widest(const spec::Moe& moe) {
  const std::int64_t shared = moe.shared ? widest(moe.shared->mlp) : 0;
  return std::max(shared, 4 * moe.inner * moe.per_token);
}
std::int64_t widest(const spec::MlpBesideMoe& both) {
  return std::max(widest(both.mlp), widest(both.moe));
}

/// What the backward of our attention works on: keys and values packed, the gradients of the keys
/// and values of the segments that are under way, and those of queries that several segments reach.
std::int64_t own_attention_bytes(const Heads& heads, const BatchShape& batch) {
  const std::int64_t documents = batch.rows * heads.keys;
  const std::int64_t segment_keys = attention_segment_keys(batch.row_tokens, documents);
  const std::int64_t segments = ceil_div(batch.row_tokens, segment_keys);
  const std::int64_t workers = std::min(batch.threads, documents * segments);
  const std::int64_t tile =
      std::min(kTileRows, batch.row_tokens * heads.queries / heads.keys) * kFloatsOfRow;
  const std::int64_t of_segment =
      std::min(segment_keys, batch.row_tokens) * (heads.width + heads.value_width);
  // A query reaches those of the keys before it, half of all, or of its window.
  const std::int64_t halves = heads.window > 0
                                  ? std::min(segments + 1, 2 * (heads.window / segment_keys + 1))
                                  : segments + 1;
  const std::int64_t parts =
      segments > 1 ? batch.tokens() * heads.queries * heads.width * halves / 2 : 0;
  const std::int64_t packed =
      batch.tokens() * heads.keys * (2 * heads.width + heads.value_width) * batch.compute_width;
  return packed + (parts + workers * (tile + of_segment)) * kFloat;
}

/// Gradients of its output, queries, keys and values, and what they are made with.
std::int64_t attention_bytes(const Heads& heads, const BatchShape& batch) {
  const std::int64_t values = (heads.queries + heads.keys) * (heads.width + heads.value_width);
  return batch.tokens() * values * batch.compute_width +
         (is_own(heads, batch) ? own_attention_bytes(heads, batch) : 0);
}

std::int64_t pairs_of(const spec::Mlp&) { return 0; }
std::int64_t pairs_of(const spec::Moe& moe) { return moe.per_token; }
std::int64_t pairs_of(const spec::MlpBesideMoe& both) { return both.moe.per_token; }

}  // namespace

LayerBytes layer_bytes(const spec::ModelSpec& model, std::size_t index, const BatchShape& batch,
                       const TrainedLinears& trained) {
  return Kept(model, index, batch, trained).bytes();
}

double recomputed_flops(const spec::ModelSpec& model, const BatchShape& batch,
                        double forward_flops) {
  if (batch.recompute != Recompute::selective) {
    return batch.recompute == Recompute::full ? forward_flops : 0;
  }
  std::int64_t values = 0;
  for (const auto& layer : model.layers) {
    values += std::visit([](const auto& ffn) { return inner_values(ffn); }, layer.ffn);
  }
  return 2.0 * static_cast<double>(batch.tokens() * model.dim * values);
}

std::int64_t backward_bytes(const spec::ModelSpec& model, std::size_t index,
                            const BatchShape& batch) {
  const auto& layer = model.layers[index];
  const std::int64_t bytes = batch.tokens() * batch.compute_width;  // of a value of each token
  const std::int64_t feed_forward = std::visit(
      [&](const auto& ffn) { return (widest(ffn) + 2 * pairs_of(ffn) * model.dim) * bytes; },
      layer.ffn);
  // Then the inner values of the feed-forward are not kept any more.
  const std::int64_t attention =
      std::visit([&](const auto& mixer) { return attention_bytes(heads_of(mixer), batch); },
                 layer.mixer) -
      std::visit([&](const auto& ffn) { return inner_values(ffn) * bytes; }, layer.ffn);
  return 2 * model.dim * bytes + std::max(feed_forward, attention);
}

std::int64_t loss_kept_bytes(const spec::ModelSpec& model, const BatchShape& batch) {
  return batch.tokens() * 3 * model.dim * batch.compute_width;  // before the norm, behind, gradient
}

std::int64_t loss_chunk_bytes(const spec::ModelSpec& model, const BatchShape& batch) {
  const std::int64_t copies = batch.compute_width < kFloat ? 2 * batch.compute_width : 0;
  const std::int64_t width = batch.own_kernels ? batch.compute_width : 2 * kFloat + copies;
  return std::min(batch.labels, kLossRows) * model.head_rows() * width;
}

}  // namespace automodel::plan
