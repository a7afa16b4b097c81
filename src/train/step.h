#pragma once
// One optimizer step.

#include <cstdint>
#include <optional>
#include <span>

#include "parallel/sharded_model.h"
#include "train/optimizer.h"

namespace automodel::train {

/// What is the same in every step of a run.
struct StepOptions {
  double max_grad_norm = 1;
  std::uint64_t seed = 0;
  ops::LossTerms terms = {};
};

/// Wall time of the parts of a step.
struct StepSeconds {
  double forward = 0;
  double backward = 0;
  double clip = 0;  // norm of the gradients and clipping
  double update = 0;
  bool operator==(const StepSeconds&) const = default;
};

struct StepResult {
  double loss = 0;           // mean over the step's label tokens, with the options' terms
  nn::RouterReport routers;  // with what their losses add
  double grad_norm = 0;      // before clipping
  std::int64_t num_tokens = 0;
  std::int64_t num_label_tokens = 0;
  std::optional<double> accuracy;  // of a classifier: share of rows whose class the forward told
  bool computed_twice = false;     // float16 did not hold its gradients times their scale
  StepSeconds seconds;
  bool operator==(const StepResult&) const = default;
};

/// Forward and backward of every micro-batch, clipping, update, also of routers' corrections.
/// `step` counts optimizer steps of the run from 0; one in which nothing is labelled has a gradient
/// of zero. Throws Error(invalid_argument) if loss or gradient norm is not finite: it names the
/// first tensor that is not, and no parameter has changed.
StepResult train_step(parallel::ShardedModel& model, Optimizer& optimizer,
                      std::span<const nn::Tokens> micro_batches, std::int64_t step,
                      const StepRates& rates, const StepOptions& options);

}  // namespace automodel::train
