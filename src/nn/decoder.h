#pragma once
// A decoder-only model: embedding, blocks, final norm; the head belongs to the loss.

#include <map>
#include <optional>
#include <set>
#include <vector>

#include "nn/block.h"
#include "nn/router_loss.h"
#include "nn/runner.h"
#include "ops/cross_entropy.h"

namespace automodel::nn {

struct ForwardOptions {
  at::ScalarType compute = at::kFloat;
  bool training = false;
  std::uint64_t dropout_seed = 0;
  ops::Inner inner = ops::Inner::kept;  // of feed-forwards
  /// Takes gradients of experts' weights in the backward, which it must outlive; null: all are
  /// computed.
  ops::DeferredGradients* deferred = nullptr;
  /// Hidden states of labelled tokens alone: what the others' last feed-forward would compute
  /// reaches no loss.
  bool labelled_only = false;
  KvCache* cache = nullptr;
};

struct DecoderOutput {
  Tensor hidden_td;  // what the head sees: hidden states after the final norm
  Tensor labels_t;   // of these rows; undefined without labels
  std::vector<RouterOutput> routers;
};

class Decoder {
 public:
  /// Holds handles to the parameters' tensors; adapters must be attached before.
  Decoder(const spec::ModelSpec& spec, const Parameters& parameters);

  /// Hidden states [t, d] in the compute dtype; in training also what the routers add to the loss.
  DecoderOutput forward(const Tokens& tokens, const ForwardOptions& options, BlockRunner& runner,
                        Ports& ports) const;
  /// The hidden states alone.
  Tensor hidden(const Tokens& tokens, const ForwardOptions& options, BlockRunner& runner,
                Ports& ports) const {
    return forward(tokens, options, runner, ports).hidden_td;
  }

  /// What turns hidden states into logits.
  ops::Head head(const ForwardOptions& options = {}) const;
  const spec::ModelSpec& spec() const { return spec_; }

 private:
  Tensor embed(const Tokens& tokens, const ForwardOptions& options, const Sequence& sequence) const;
  Tensor finish(const Tensor& x_td, const Sequence& sequence) const;
  std::size_t rope_index(const spec::Layer& layer);
  Sequence sequence(const Tokens& tokens, const ForwardOptions& options) const;
  /// Block i as the runner calls it: inputs are the stream, the layer's own input and lent keys and
  /// values, outputs the stream, kept keys and values, and the router's sums; those that this block
  /// has.
  BlockFunction block_function(std::size_t i, const Sequence& sequence, Ports& ports) const;

  spec::ModelSpec spec_;
  Tensor embedding_vd_, positions_pd_;
  ops::Head head_;
  std::vector<spec::Rope> ropes_;  // the distinct ones
  std::vector<Block> blocks_;
  std::set<std::int64_t> lenders_;  // layers whose keys and values later ones take
  std::optional<LayerInputsTable> layer_inputs_;
  std::optional<NormLayer> embedding_norm_, final_norm_, transform_norm_;
  std::optional<ops::Linear> project_in_, project_out_, transform_;
};

}  // namespace automodel::nn
