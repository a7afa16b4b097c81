#include "nn/decoder.h"

#include "base/error.h"
#include "ops/embedding.h"

namespace automodel::nn {

Decoder::Decoder(const spec::ModelSpec& spec, const Parameters& parameters)
    : spec_(spec),
      embedding_vd_(parameters.at("model.embed_tokens.weight")),
      head_vd_(parameters.at(spec::head_weight_name(spec))),
      final_norm_(norm_layer(spec.final_norm, parameters, "model.norm")) {
  check(!parameters.contains(lora_a_name("lm_head")), ErrorKind::unsupported,
        "an adapter of the output head (lm_head) cannot be run; merge it into its base first "
        "(automodel merge)");
  for (std::size_t i = 0; i < spec.layers.size(); ++i) {
    blocks_.emplace_back(spec.layers[i], parameters, static_cast<std::int64_t>(i),
                         rope_index(spec.layers[i]));
  }
}

std::size_t Decoder::rope_index(const spec::Layer& layer) {
  const auto& rope = std::get<spec::Gqa>(layer.mixer).rope;
  if (!rope) {
    return 0;
  }
  const auto found = std::ranges::find(ropes_, *rope);
  if (found == ropes_.end()) {
    ropes_.push_back(*rope);
    return ropes_.size() - 1;
  }
  return static_cast<std::size_t>(found - ropes_.begin());
}

Tensor Decoder::hidden(const Tokens& tokens, const ForwardOptions& options, BlockRunner& runner,
                       Ports& ports) const {
  Sequence sequence{.cu_seqlens = tokens.cu_seqlens,
                    .rope_tables = {},
                    .training = options.training,
                    .dropout_seed = options.dropout_seed,
                    .cache = options.cache};
  for (const auto& rope : ropes_) {
    sequence.rope_tables.push_back(rope_tables(rope, tokens, options.compute));
  }
  Tensor x_td = ops::embedding(tokens.ids_t, embedding_vd_, spec_.embedding_scale,
                               spec_.pad_token_id, options.compute);
  for (std::size_t i = 0; i < blocks_.size(); ++i) {
    // By value: a recompute in the backward outlives this function.
    const auto block = [&ports, sequence, block = &blocks_[i]](const Tensor& in_td) {
      return block->forward(in_td, sequence, ports);
    };
    x_td = runner.run(static_cast<std::int64_t>(i), block, x_td);
  }
  return final_norm_(x_td);
}

}  // namespace automodel::nn
