#pragma once
// Text generation with a KV cache.

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "parallel/sharded_model.h"

namespace automodel::train {

struct SamplingOptions {
  double temperature = 0;  // 0: greedy
  std::int64_t top_k = 0;  // 0: all
  double top_p = 1;        // 1: all
  double repetition_penalty = 1;
  std::uint64_t seed = 0;
};

struct GenerateOptions {
  std::int64_t max_new_tokens = 256;
  std::vector<std::int32_t> stop_ids;  // generation ends after one of these
  SamplingOptions sampling;
};

/// Why generation ended.
enum class Finish { stop_token, length };

struct Generated {
  std::vector<std::int32_t> ids;  // new tokens, a stop token included
  Finish finish = Finish::length;
};

/// The next token after logits_v [v] float32: the most likely one, or a draw from the stream (seed,
/// sampling, step). Order as in Transformers: repetition penalty, temperature, top-k, top-p. `seen`
/// are the tokens so far. Throws Error(invalid_argument) for options out of range,
/// Error(corrupt_data) for logits that are no numbers.
std::int32_t next_token(const at::Tensor& logits_v, const SamplingOptions& options,
                        std::span<const std::int32_t> seen, std::int64_t step);

/// Continues `prompt`. on_token sees every new token at once and may end the generation by
/// returning false. Throws Error(invalid_argument) if the prompt is empty or leaves no room below
/// the model's position limit.
Generated generate(const parallel::ShardedModel& model, std::span<const std::int32_t> prompt,
                   const GenerateOptions& options,
                   const std::function<bool(std::int32_t)>& on_token);

}  // namespace automodel::train
