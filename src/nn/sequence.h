#pragma once
// What every block of one forward shares: where documents begin, positions, rotary tables, dropout
// and cache.

#include <cstdint>
#include <memory>
#include <vector>

#include "ops/deferred_gradients.h"
#include "ops/mlp.h"
#include "ops/rope.h"
#include "spec/model_spec.h"

namespace automodel::nn {

using at::Tensor;

/// The experts that one block's router chose in the forward. A recompute of the block finds them
/// here instead of deciding again.
struct RoutingRecord {
  Tensor experts_tk;    // undefined: not decided yet
  Tensor likeliest_tk;  // what the balance loss counts, where that is not the choice
};

/// Token-major micro-batch: all real tokens, documents one behind the other, no padding.
struct Tokens {
  Tensor ids_t;        // [t] int64
  Tensor labels_t;     // [t] int64: the token to be predicted at t, or ops::kIgnoreIndex; undefined
                       // without a loss
  Tensor positions_t;  // [t] int64, restarting in each document
  std::vector<std::int32_t> cu_seqlens;  // [documents + 1]
  /// Length that length-dependent RoPE scalings see, of each document; empty: its own length.
  std::vector<std::int64_t> rope_lengths;
  /// Of each layer, where its choice of experts is kept and, if it is there already, taken from;
  /// empty: every block decides for itself.
  std::vector<std::shared_ptr<RoutingRecord>> routing;
};

/// Keys and values of one layer, as its attention sees them: normed and turned.
struct KeysValues {
  Tensor k_thk, v_thw;
};

/// Keys and values of one document, all layers, for generation.
class KvCache {
 public:
  struct Entry {
    Tensor k_shk, v_shk;
  };
  explicit KvCache(std::size_t num_layers) : entries_(num_layers) {}
  /// Appends the new rows of a layer and returns all of them.
  const Entry& append(std::size_t layer, const Tensor& k_thk, const Tensor& v_thk);
  const Entry& at(std::size_t layer) const { return entries_.at(layer); }
  std::int64_t length() const;

 private:
  std::vector<Entry> entries_;
};

struct Sequence {
  std::vector<std::int32_t> cu_seqlens;
  Tensor positions_t;
  std::vector<ops::RopeTables> rope_tables;  // by Decoder's list of distinct RoPEs
  bool training = false;
  std::uint64_t dropout_seed = 0;              // of this micro-batch
  ops::Inner inner = ops::Inner::kept;         // of feed-forwards
  ops::DeferredGradients* deferred = nullptr;  // null: all gradients are computed
  KvCache* cache = nullptr;
  // Of the block that runs:
  std::shared_ptr<RoutingRecord> routing;  // none: nothing is kept
  std::shared_ptr<Tensor> router_sums;     // where its router leaves them; none: nobody asks
  Tensor input_tp;                         // what it is given beside the stream; undefined: nothing
  Tensor wanted_n;  // rows that its feed-forward computes and it returns; undefined: all
  KeysValues lent;  // of an earlier layer, where it has none of its own
  std::shared_ptr<KeysValues> kept;  // where it leaves its own; none: nobody asks
};

/// The rows of x_td that go on behind the block's attention: all, or [n, d].
Tensor wanted(const Tensor& x_td, const Sequence& sequence);

/// The layer or adapter with its dropout switched off, or seeded for this micro-batch: a recompute
/// draws the same mask.
ops::Linear at_step(const ops::Linear& layer, const Sequence& sequence);
std::optional<ops::Adapter> at_step(const std::optional<ops::Adapter>& adapter,
                                    const Sequence& sequence);

/// cos and sin of every token for one RoPE; scalings that depend on the length are evaluated per
/// document.
ops::RopeTables rope_tables(const spec::Rope& rope, const Tokens& tokens, at::ScalarType dtype);

/// What queries at these positions are multiplied by, [t] float32.
Tensor position_temperature(const spec::PositionTemperature& temperature,
                            const Tensor& positions_t);

/// Inverse frequencies [dim / 2] float32 and the factor of cos and sin, for documents of `length`
/// tokens. Source: transformers modeling_rope_utils.
struct RopeFrequencies {
  Tensor inverse_r;
  double attention_factor = 1;
};
RopeFrequencies rope_frequencies(const spec::Rope& rope, std::int64_t length);

}  // namespace automodel::nn
