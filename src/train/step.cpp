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

bool trains_float16(const nn::Parameters& parameters) {
  return std::ranges::any_of(parameters.all(), [](const nn::Parameter& parameter) {
    return parameter.value.requires_grad() && parameter.value.scalar_type() == at::kHalf;
  });
}

parallel::MicroBatchResult forward_backward(parallel::ShardedModel& model,
                                            std::span<const nn::Tokens> micro_batches,
                                            const parallel::LossWeights& weights,
                                            RandomStream dropout) {
  parallel::MicroBatchResult sum;
  model.zero_grad();
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

/// What the micro-batches of a step came to, and the gradients that the model has now.
struct StepGradients {
  parallel::MicroBatchResult sum;
  double scale = 1;  // they are kept times this
  double norm = 0;   // as they are
  double norm_seconds = 0;
  bool computed_twice = false;
};

StepGradients gradients_of(parallel::ShardedModel& model, std::span<const nn::Tokens> micro_batches,
                           const parallel::LossWeights& weights, RandomStream dropout) {
  StepGradients out{.sum = forward_backward(model, micro_batches, weights, dropout),
                    .scale = weights.gradient_scale};
  const Stopwatch watch;
  out.norm = model.grad_norm() / out.scale;
  out.norm_seconds = watch.seconds();
  return out;
}

/// Kept times the scale where a trained weight is float16; where that holds them only as they are,
/// they are computed once more, from the same random numbers.
StepGradients finite_gradients_of(parallel::ShardedModel& model,
                                  std::span<const nn::Tokens> micro_batches,
                                  parallel::LossWeights weights, const RandomStream& dropout) {
  if (!trains_float16(model.parameters())) {
    return gradients_of(model, micro_batches, weights, dropout);
  }
  weights.gradient_scale = kFloat16GradientScale;
  auto scaled = gradients_of(model, micro_batches, weights, dropout);
  if (std::isfinite(scaled.norm)) {
    return scaled;
  }
  weights.gradient_scale = 1;
  auto out = gradients_of(model, micro_batches, weights, dropout);
  out.computed_twice = true;
  out.sum.forward_seconds += scaled.sum.forward_seconds;
  out.sum.backward_seconds += scaled.sum.backward_seconds;
  out.norm_seconds += scaled.norm_seconds;
  return out;
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
       "is {}. Nothing was updated. A lower learning rate, a longer warm-up or {} may help",
       step, loss, result.grad_norm, explain_non_finite(model, micro_batches),
       trains_float16(model.parameters())
           ? "another type than float16, which ends at 65,504, of the weights (model.torch_dtype) "
             "or adapters (peft.lora_dtype)"
           : "compute_dtype float32");
}

}  // namespace

StepResult train_step(parallel::ShardedModel& model, Optimizer& optimizer,
                      std::span<const nn::Tokens> micro_batches, std::int64_t step,
                      const StepRates& rates, const StepOptions& options) {
  StepResult result{.num_tokens = num_tokens(micro_batches),
                    .num_label_tokens = num_label_tokens(micro_batches)};
  const RandomStream dropout(options.seed, StreamPurpose::dropout,
                             static_cast<std::uint64_t>(step));
  // Where nothing is labelled the loss and its gradient are 0.
  const auto num_labels = static_cast<double>(std::max<std::int64_t>(result.num_label_tokens, 1));
  const parallel::LossWeights weights{.per_label = 1.0 / num_labels,
                                      .per_token = 1.0 / static_cast<double>(result.num_tokens),
                                      .terms = options.terms};
  const auto gradients = finite_gradients_of(model, micro_batches, weights, dropout);
  const auto& computed = gradients.sum;
  result.loss = computed.loss;
  result.routers = computed.routers;
  if (model.spec().is_classifier()) {
    result.accuracy = static_cast<double>(computed.num_correct) / num_labels;
  }
  result.seconds.forward = computed.forward_seconds;
  result.seconds.backward = computed.backward_seconds;
  result.seconds.clip = gradients.norm_seconds;
  result.grad_norm = gradients.norm;
  result.computed_twice = gradients.computed_twice;
  check_finite_step(model, micro_batches, result, step);
  const Stopwatch watch;
  optimizer.step(rates, clip_factor(gradients.norm, options.max_grad_norm) / gradients.scale,
                 model.deferred_gradients());
  step_corrections(model, result.routers);
  result.seconds.update = watch.seconds();
  return result;
}

}  // namespace automodel::train
