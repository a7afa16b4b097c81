#include "train/generate.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.h"
#include "base/random.h"

namespace automodel::train {
namespace {

using at::Tensor;

constexpr double kNever = -std::numeric_limits<double>::infinity();

void check_options(const SamplingOptions& options) {
  check(options.temperature >= 0 && options.top_k >= 0 && options.top_p > 0 && options.top_p <= 1 &&
            options.repetition_penalty > 0,
        ErrorKind::invalid_argument,
        "sampling: temperature {} and top_k {} must not be negative, top_p {} must lie in (0, 1], "
        "repetition_penalty {} must be positive",
        options.temperature, options.top_k, options.top_p, options.repetition_penalty);
}

/// Divides positive and multiplies negative logits of tokens that occurred (Keskar et al. 2019).
void penalise(Tensor& logits_v, std::span<const std::int32_t> seen, double penalty) {
  if (penalty == 1 || seen.empty()) {
    return;
  }
  const Tensor ids = at::tensor(std::vector<std::int64_t>(seen.begin(), seen.end()));
  const Tensor old = logits_v.index_select(0, ids);
  logits_v.index_copy_(0, ids, at::where(old.gt(0), old / penalty, old * penalty));
}

/// Keeps the most likely tokens: the k best, then the smallest set that holds p of the probability.
void truncate(Tensor& logits_v, const SamplingOptions& options) {
  if (options.top_k > 0 && options.top_k < logits_v.numel()) {
    const Tensor least = std::get<0>(logits_v.topk(options.top_k)).min();
    logits_v.masked_fill_(logits_v.lt(least), kNever);
  }
  if (options.top_p < 1) {
    const auto [sorted, order] = logits_v.sort(/*dim=*/0, /*descending=*/true);
    const Tensor probability = at::softmax(sorted, 0);
    const Tensor before = probability.cumsum(0) - probability;
    logits_v.index_copy_(0, order, sorted.masked_fill(before.ge(options.top_p), kNever));
  }
}

std::int32_t draw(const Tensor& logits_v, double uniform) {
  const Tensor cumulative = at::softmax(logits_v, 0).cumsum(0);
  const double target = uniform * cumulative[-1].item<double>();
  const Tensor at = at::searchsorted(cumulative, target, /*out_int32=*/false, /*right=*/true);
  return static_cast<std::int32_t>(std::min(at.item<std::int64_t>(), logits_v.numel() - 1));
}

nn::Tokens continuation(std::span<const std::int32_t> ids, std::int64_t begin) {
  const auto count = static_cast<std::int64_t>(ids.size());
  return {.ids_t = at::tensor(std::vector<std::int64_t>(ids.begin(), ids.end())),
          .positions_t = at::arange(begin, begin + count),
          .cu_seqlens = {0, static_cast<std::int32_t>(count)}};
}

/// Rows of more tokens turn all their keys by other frequencies (longrope): those that a cache
/// holds of the shorter row are of no use then, as in Transformers' Phi3ForCausalLM.
std::int64_t longest_with_same_keys(const spec::ModelSpec& model) {
  std::int64_t out = std::numeric_limits<std::int64_t>::max();
  for (const spec::Layer& layer : model.layers) {
    const auto rope = std::visit([](const auto& mixer) { return mixer.rope; }, layer.mixer);
    const auto* scaling = rope ? std::get_if<spec::LongRopeScaling>(&rope->scaling) : nullptr;
    out = scaling != nullptr ? std::min(out, scaling->original_positions) : out;
  }
  return out;
}

}  // namespace

std::int32_t next_token(const Tensor& logits_v, const SamplingOptions& options,
                        std::span<const std::int32_t> seen, std::int64_t step) {
  check_options(options);
  Tensor scores_v = logits_v.to(at::kDouble, /*non_blocking=*/false, /*copy=*/true);
  const double highest = scores_v.max().item<double>();
  check(std::isfinite(highest), ErrorKind::corrupt_data,
        "generate: the model's scores for the next token are not numbers (the highest is {}); if "
        "--dtype float32 does not help, its weights are broken: take an earlier checkpoint",
        highest);
  penalise(scores_v, seen, options.repetition_penalty);
  if (options.temperature == 0) {
    return static_cast<std::int32_t>(scores_v.argmax().item<std::int64_t>());
  }
  scores_v.div_(options.temperature);
  truncate(scores_v, options);
  RandomStream stream(options.seed, StreamPurpose::sampling, static_cast<std::uint64_t>(step));
  return draw(scores_v, stream.uniform());
}

Generated generate(const parallel::ShardedModel& model, std::span<const std::int32_t> prompt,
                   const GenerateOptions& options,
                   const std::function<bool(std::int32_t)>& on_token) {
  const auto length = static_cast<std::int64_t>(prompt.size());
  const auto limit = model.spec().max_positions;
  check(length > 0, ErrorKind::invalid_argument, "generate: the prompt is empty");
  check(length < limit, ErrorKind::invalid_argument,
        "generate: the prompt has {} tokens, the model's limit is {}", length, limit);
  const at::NoGradGuard no_grad;
  nn::KvCache cache(model.spec().layers.size());
  std::vector<std::int32_t> seen(prompt.begin(), prompt.end());
  std::span<const std::int32_t> fresh = prompt;
  Generated out;
  const auto same_keys = longest_with_same_keys(model.spec());
  const auto room = std::min(options.max_new_tokens, limit - length);
  for (std::int64_t step = 0; step < room; ++step) {
    const auto begin = static_cast<std::int64_t>(seen.size() - fresh.size());
    const Tensor logits_v = model.last_logits(continuation(fresh, begin), cache);
    const auto id = next_token(logits_v, options.sampling, seen, step);
    out.ids.push_back(id);
    seen.push_back(id);
    const auto total = static_cast<std::int64_t>(seen.size());
    const bool begins_again = total > same_keys && cache.length() <= same_keys;
    if (begins_again) {
      cache = nn::KvCache(model.spec().layers.size());
    }
    fresh = std::span<const std::int32_t>(seen).last(begins_again ? seen.size() : 1);
    const bool stop = std::ranges::count(options.stop_ids, id) > 0;
    out.finish = stop ? Finish::stop_token : Finish::length;
    if (!on_token(id) || stop) {
      break;
    }
  }
  return out;
}

}  // namespace automodel::train
