#include "train/step.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/random.h"
#include "base/stopwatch.h"
#include "ops/cross_entropy.h"
#include "train/non_finite.h"
#include "train/router_correction.h"

namespace automodel::train {
namespace {

std::int64_t num_label_tokens(std::span<const nn::Tokens> micro_batches) {
  std::int64_t count = 0;
  for (const auto& tokens : micro_batches) {
    count += tokens.labels_t.ne(ops::kIgnoreIndex).sum().item<std::int64_t>();
  }
  return count;
}

std::int64_t num_tokens(std::span<const nn::Tokens> micro_batches) {
  std::int64_t count = 0;
  for (const auto& tokens : micro_batches) {
    count += tokens.ids_t.numel();
  }
  return count;
}

/// float16 has no number between 0 and 6e-8, where gradients of many weights lie, and none above
/// 65,504: those of weights in it are kept times this, a power of two, which changes no digit.
constexpr double kFloat16GradientScale = 1024;

double gradient_scale(const nn::Parameters& parameters) {
  const auto is_narrow = [](const nn::Parameter& parameter) {
    return parameter.value.requires_grad() && parameter.value.scalar_type() == at::kHalf;
  };
  return std::ranges::any_of(parameters.all(), is_narrow) ? kFloat16GradientScale : 1;
}

parallel::MicroBatchResult forward_backward(parallel::ShardedModel& model,
                                            std::span<const nn::Tokens> micro_batches,
                                            const parallel::LossWeights& weights,
                                            RandomStream dropout) {
  parallel::MicroBatchResult sum;
  for (const auto& tokens : micro_batches) {
    if (&tokens != micro_batches.data()) {
      model.widen_grad();
    }
    const bool is_only = micro_batches.size() == 1;
    const auto part = model.forward_backward(tokens, weights, dropout.next_u64(), is_only);
    sum.loss += part.loss;
    sum.num_correct += part.num_correct;
    sum.routers.add(part.routers);
    sum.forward_seconds += part.forward_seconds;
    sum.backward_seconds += part.backward_seconds;
  }
  return sum;
}

void check_finite_step(const parallel::ShardedModel& model,
                       std::span<const nn::Tokens> micro_batches, const StepResult& result,
                       std::int64_t step) {
  const double loss = result.loss + result.routers.loss;
  if (std::isfinite(loss) && std::isfinite(result.grad_norm)) {
    return;
  }
  fail(ErrorKind::invalid_argument,
       "step {}: loss {} and gradient norm {} are not both finite; the first tensor that is not "
       "is {}. Nothing was updated. A lower learning rate, a longer warm-up or compute_dtype "
       "float32 may help",
       step, loss, result.grad_norm, explain_non_finite(model, micro_batches));
}

}  // namespace

StepResult train_step(parallel::ShardedModel& model, Optimizer& optimizer,
                      std::span<const nn::Tokens> micro_batches, std::int64_t step,
                      const StepRates& rates, const StepOptions& options) {
  StepResult result{.num_tokens = num_tokens(micro_batches),
                    .num_label_tokens = num_label_tokens(micro_batches)};
  model.zero_grad();
  const RandomStream dropout(options.seed, StreamPurpose::dropout,
                             static_cast<std::uint64_t>(step));
  // Where nothing is labelled the loss and its gradient are 0.
  const auto num_labels = static_cast<double>(std::max<std::int64_t>(result.num_label_tokens, 1));
  const parallel::LossWeights weights{.per_label = 1.0 / num_labels,
                                      .per_token = 1.0 / static_cast<double>(result.num_tokens),
                                      .terms = options.terms,
                                      .gradient_scale = gradient_scale(model.parameters())};
  const auto computed = forward_backward(model, micro_batches, weights, dropout);
  result.loss = computed.loss;
  result.routers = computed.routers;
  if (model.spec().is_classifier()) {
    result.accuracy = static_cast<double>(computed.num_correct) / num_labels;
  }
  result.seconds.forward = computed.forward_seconds;
  result.seconds.backward = computed.backward_seconds;
  Stopwatch watch;
  result.grad_norm = model.grad_norm() / weights.gradient_scale;
  check_finite_step(model, micro_batches, result, step);
  result.seconds.clip = watch.lap();
  optimizer.step(rates,
                 clip_factor(result.grad_norm, options.max_grad_norm) / weights.gradient_scale,
                 model.deferred_gradients());
  step_corrections(model, result.routers);
  result.seconds.update = watch.lap();
  return result;
}

}  // namespace automodel::train
