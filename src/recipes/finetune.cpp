#include "recipes/finetune.h"

#include <unistd.h>

#include <chrono>

#include "base/parallel.h"
#include "base/process.h"
#include "base/stop_signal.h"
#include "base/text.h"
#include "recipes/finetune/run_plan.h"
#include "recipes/finetune/run_state.h"
#include "recipes/finetune/validation.h"
#include "tensor/allocator.h"
#include "tensor/threads.h"
#include "train/tokens.h"

namespace automodel::recipes {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

std::vector<int> stop_signals(const config::Recipe& recipe) {
  auto signals = recipe.step_scheduler.preemption_signals;
  signals.push_back(SIGINT);
  return signals;
}

void note_all(train::Progress& progress, const std::vector<std::string>& lines) {
  for (const auto& line : lines) {
    progress.note(line);
  }
}

std::vector<nn::Tokens> to_tokens(const std::vector<data::Batch>& batches) {
  std::vector<nn::Tokens> out;
  std::ranges::transform(batches, std::back_inserter(out), train::to_tokens);
  return out;
}

ExitCode interrupted(train::Progress& progress, bool saved) {
  progress.note(saved ? "stopped by a signal; the same command goes on from here"
                      : "stopped by a signal; nothing was saved");
  return ExitCode::interrupted;
}

/// Tells what came of a save.
void note_saved(train::Progress& progress, const std::optional<checkpoint::SaveResult>& saved) {
  if (saved) {
    progress.note("saved " + saved->path.string());
    note_all(progress, saved->warnings);
  }
}

}  // namespace

ExitCode run_finetune(const config::LoadedRecipe& loaded) {
  const config::Recipe& recipe = loaded.recipe;
  const StopSignal stop(stop_signals(recipe));
  install_arena_allocator();
  configure_threads(num_cores());

  RunModel run = load_run_model(recipe);
  const RunData data = load_run_data(recipe, run.source);
  data::Loader loader(data.train.dataset, loader_options(recipe));
  const auto plan = config::plan_steps(recipe.step_scheduler, loader.steps_per_epoch());
  train::Optimizer optimizer(run.model.parameters().trained(), recipe.optimizer);
  RunState state{.run = run,
                 .optimizer = optimizer,
                 .schedule = config::plan_rates(recipe, plan.end_step),
                 .loader = loader.state(),
                 .next_step = plan.first_step};
  RunCheckpoints checkpoints(loaded);
  const auto restored = checkpoints.restore(state);
  loader.restore(state.loader);

  const bool is_terminal = isatty(STDOUT_FILENO) == 1;
  train::Progress progress(stdout, is_terminal, plan.end_step);
  note_all(progress, loaded.warnings);
  note_all(progress, describe_run(recipe, run, data, plan, optimizer.state_bytes()));
  note_all(progress, config::find_unreached(recipe, plan));
  note_all(progress, restored.notes);
  progress.note(restored.path ? "going on from " + restored.path->string()
                              : "sample\n" + show_first_sample(data, is_terminal));

  const train::StepOptions step_options{.max_grad_norm = recipe.clip_grad_norm.max_norm,
                                        .seed = static_cast<std::uint64_t>(recipe.seed)};
  train::JsonLines log(std::filesystem::path(recipe.checkpoint.checkpoint_dir) / "training.jsonl",
                       state.next_step);
  Validation validation(recipe, data, state.next_step);
  if (!restored.path && recipe.step_scheduler.validate_at_start) {
    validation.run(run.model, {.step = -1}, progress);
  }
  const auto run_begin = Clock::now();
  while (state.next_step < plan.end_step) {
    if (stop.received()) {
      return interrupted(progress, restored.path.has_value());
    }
    const auto begin = Clock::now();
    const std::int64_t step = state.next_step;
    const data::Step batch = loader.next();
    const auto rates = train::rates_at(state.schedule, step);
    const auto result = train::train_step(run.model, optimizer, to_tokens(batch.micro_batches),
                                          step, rates, step_options);
    const train::StepMetrics metrics{.step = step,
                                     .epoch = batch.epoch,
                                     .result = result,
                                     .rates = rates,
                                     .seconds = seconds_since(begin),
                                     .peak_memory_bytes = peak_memory_bytes()};
    log.write(train::to_json(metrics, train::utc_timestamp()));
    progress.step(metrics);
    if (step == plan.first_step) {
      note_all(progress, check_first_loss(recipe, result.loss, run.model.spec().vocab_size));
    }
    state.next_step = step + 1;
    state.loader = loader.state();
    const bool stopping = stop.received().has_value();
    std::optional<double> validation_loss;
    if (!stopping && plan.is_validation_due(step)) {
      validation_loss =
          validation.run(run.model, {.step = step, .epoch = batch.epoch, .lr = rates.lr}, progress);
    }
    if (stopping || plan.is_checkpoint_due(step)) {
      const auto saved = checkpoints.save(state, {.epoch = batch.epoch,
                                                  .step = step,
                                                  .is_final = plan.is_last_step(step),

                                                  .validation_loss = validation_loss});
      note_saved(progress, saved);
      if (stopping && !plan.is_last_step(step)) {
        return interrupted(progress, saved.has_value());
      }
    }
  }
  progress.note("trained in " + human_duration(seconds_since(run_begin)));
  note_all(progress, validation.gains());
  return ExitCode::ok;
}

}  // namespace automodel::recipes
