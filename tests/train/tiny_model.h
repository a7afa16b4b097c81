#pragma once
// A two-layer Llama for tests of training.

#include "parallel/sharded_model.h"
#include "tensor/dtype.h"

namespace automodel::train {

struct TinyOptions {
  bool tied_head = true;
};

inline spec::ModelSpec tiny_spec(const TinyOptions& options = {}) {
  const spec::Layer layer{
      .mixer =
          spec::Gqa{
              .heads = 4, .kv_heads = 2, .head_dim = 4, .rope = spec::Rope{.dim = 4}, .scale = 0.5},
      .ffn = spec::Mlp{.inner = 24},
  };
  return {.model_type = "llama",
          .architecture = "LlamaForCausalLM",
          .vocab_size = 32,
          .dim = 16,
          .max_positions = 64,
          .layers = {layer, layer},
          .tied_head = options.tied_head,
          .init = {.std = 0.2}};
}

inline parallel::ShardedModel tiny_model(at::ScalarType dtype = at::kFloat,
                                         const spec::ModelSpec& spec = tiny_spec()) {
  auto parameters = nn::initialise(spec, dtype, 1);
  for (auto& parameter : parameters.all()) {
    parameter.value.requires_grad_(true);
  }
  const auto compute = dtype == at::kHalf ? at::kFloat : dtype;  // no arithmetic is in float16
  return {spec, std::move(parameters), {.compute = compute}};
}

/// Two documents of 3 and 2 tokens; each token but the last of a document is labelled.
inline nn::Tokens tiny_tokens(std::int64_t first = 1) {
  return {.ids_t = at::arange(first, first + 5),
          .labels_t = at::tensor(
              {first + 1, first + 2, std::int64_t{-100}, first + 4, std::int64_t{-100}}, at::kLong),
          .positions_t = at::tensor({0, 1, 2, 0, 1}, at::kLong),
          .cu_seqlens = {0, 3, 5}};
}

/// The weight or adapter of this name, to be changed in place.
inline Tensor weight(parallel::ShardedModel& model, const std::string& name) {
  return model.parameters().at(name).detach();
}

}  // namespace automodel::train
