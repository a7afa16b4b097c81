#pragma once
// A decoder-only model: embedding, blocks, final norm; the head belongs to the loss.

#include <optional>
#include <vector>

#include "nn/block.h"
#include "nn/runner.h"
#include "ops/cross_entropy.h"

namespace automodel::nn {

struct ForwardOptions {
  at::ScalarType compute = at::kFloat;
  bool training = false;
  std::uint64_t dropout_seed = 0;
  KvCache* cache = nullptr;
};

class Decoder {
 public:
  /// Holds handles to the parameters' tensors; adapters must be attached before.
  Decoder(const spec::ModelSpec& spec, const Parameters& parameters);

  /// Hidden states after the final norm, [t, d] in the compute dtype.
  Tensor hidden(const Tokens& tokens, const ForwardOptions& options, BlockRunner& runner,
                Ports& ports) const;

  /// [v, d]
  const Tensor& head_weight_vd() const { return head_vd_; }
  const spec::ModelSpec& spec() const { return spec_; }

 private:
  std::size_t rope_index(const spec::Layer& layer);

  spec::ModelSpec spec_;
  Tensor embedding_vd_;
  Tensor head_vd_;
  std::vector<spec::Rope> ropes_;  // the distinct ones
  std::vector<Block> blocks_;
  NormLayer final_norm_;
};

}  // namespace automodel::nn
