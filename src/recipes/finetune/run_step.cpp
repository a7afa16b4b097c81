#include "recipes/finetune/run_step.h"

#include "base/stopwatch.h"
#include "tensor/device.h"
#include "train/moe_metrics.h"
#include "train/tokens.h"

namespace automodel::recipes {
namespace {

std::vector<nn::Tokens> to_tokens(const std::vector<data::Batch>& batches) {
  std::vector<nn::Tokens> out;
  std::ranges::transform(batches, std::back_inserter(out), train::to_tokens);
  return out;
}

}  // namespace

train::StepOptions step_options(const config::Recipe& recipe) {
  return {.max_grad_norm = recipe.clip_grad_norm.max_norm,
          .seed = static_cast<std::uint64_t>(recipe.seed),
          .terms = {.label_smoothing = recipe.loss_fn.label_smoothing,
                    .z_loss = recipe.loss_fn.z_loss}};
}

Json log_line(const config::Recipe& recipe, const train::StepMetrics& metrics) {
  Json line = train::to_json(metrics, train::utc_timestamp());
  line.update(train::moe_metrics(recipe.moe_metrics, metrics.step, metrics.result.routers));
  return line;
}

RunStep run_step(RunState& state, data::Loader& loader, const train::StepOptions& options) {
  const Stopwatch watch;
  RunStep out{.batch = loader.next(), .metrics = {}};
  const auto rates = train::rates_at(state.schedule, state.next_step);
  const auto result =
      train::train_step(state.run.model, state.optimizer, to_tokens(out.batch.micro_batches),
                        state.next_step, rates, options);
  out.metrics = {.step = state.next_step,
                 .epoch = out.batch.epoch,
                 .result = result,
                 .rates = rates,
                 .seconds = watch.seconds(),
                 .peak_memory_bytes = peak_memory_bytes(state.run.model.options().device)};
  ++state.next_step;
  state.loader = loader.state();
  return out;
}

}  // namespace automodel::recipes
