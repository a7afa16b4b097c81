#include "recipes/finetune.h"

#include <c10/util/Exception.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <functional>
#include <iterator>
#include <new>

#include "base/error.h"
#include "base/known.h"
#include "base/stop_signal.h"
#include "base/terminal.h"
#include "recipes/finetune/disk_need.h"
#include "recipes/finetune/late_results.h"
#include "recipes/finetune/preparation.h"
#include "recipes/finetune/router_training.h"
#include "recipes/finetune/run_manifest.h"
#include "recipes/finetune/run_plan.h"
#include "recipes/finetune/run_step.h"
#include "recipes/finetune/run_summary.h"
#include "recipes/finetune/validation.h"
#include "recipes/finetune/watchers.h"
#include "tensor/allocator.h"
#include "tensor/device.h"
#include "tensor/threads.h"

namespace automodel::recipes {
namespace {

/// The step number under which a validation before the first step is logged.
constexpr std::int64_t kBeforeTraining = -1;

/// With those of a terminal: Ctrl-C, and that it was closed, unless nohup says to ignore that.
std::vector<int> stop_signals(const config::Recipe& recipe) {
  auto signals = recipe.step_scheduler.preemption_signals;
  signals.push_back(SIGINT);
  if (!StopSignal::is_ignored(SIGHUP)) {
    signals.push_back(SIGHUP);
  }
  return signals;
}

std::vector<std::string> warnings(std::vector<std::string> texts) {
  for (auto& text : texts) {
    text.insert(0, "warning: ");
  }
  return texts;
}

std::vector<std::string> describe_save(const std::optional<checkpoint::SaveResult>& saved) {
  if (!saved) {
    return {};
  }
  auto out = warnings(saved->warnings);
  out.insert(out.begin(), "saved " + saved->path.string());
  return out;
}

/// That a row cannot be used or does not fit into memory: of many not all are looked at before.
bool is_about_a_row(const std::exception& error) {
  if (const auto* ours = dynamic_cast<const Error*>(&error)) {
    return ours->kind() == ErrorKind::corrupt_data || ours->kind() == ErrorKind::out_of_memory;
  }
  return dynamic_cast<const std::bad_alloc*>(&error) != nullptr ||
         dynamic_cast<const c10::OutOfMemoryError*>(&error) != nullptr;
}

/// Such a row, met by training or validation, must not cost the steps since the last checkpoint,
/// unless an update was begun: then the state is of no step.
template <class Work>
auto saved_at_bad_row(const train::Optimizer& optimizer, const std::function<void()>& save,
                      const Work& work) {
  const auto num_updates = optimizer.num_steps();
  try {
    return work();
  } catch (const std::exception& error) {
    if (is_about_a_row(error) && optimizer.num_steps() == num_updates) {
      save();
    }
    throw;
  }
}

/// The peak of memory counts from here on: what the forecast measures with is no part of it.
std::optional<Forecast> forecast_of(const config::Recipe& recipe, const RunModel& run,
                                    const RunData& data) {
  auto forecast = forecast_run(recipe, run, data);
  reset_peak_memory(run.model.options().device);
  return forecast;
}

watch::RunEnd end_of(const RunState& state, const config::StepPlan& plan) {
  return state.next_step < plan.end_step ? watch::RunEnd::stopped : watch::RunEnd::complete;
}

ExitCode interrupted(train::Progress& progress, bool can_go_on) {
  progress.note(can_go_on ? "stopped by a signal; the same command goes on from the last checkpoint"
                          : "stopped by a signal; nothing was saved");
  return can_go_on ? ExitCode::interrupted : ExitCode::failure;
}

/// From the run's newest checkpoint, or as the recipe says; if there is none nothing changes. Rows
/// and steps may be others than its own: the plan of the rest and the schedule follow them.
RunCheckpoints::Restored go_on(const config::Recipe& recipe, RunCheckpoints& checkpoints,
                               RunState& state, data::Loader& loader, config::StepPlan& plan) {
  auto restored = checkpoints.restore(state);
  if (!restored.path) {
    return restored;
  }
  const ErrorContext context("going on from {}", restored.path->string());
  loader.restore(state.loader);
  if (plan.epoch_len) {
    plan = config::plan_rest(recipe.step_scheduler, *plan.epoch_len, state.next_step,
                             state.loader.epoch, loader.steps_left());
  }
  std::ranges::move(settle_schedule(recipe, config::plan_rates(recipe, plan.end_step), state),
                    std::back_inserter(restored.notes));
  return restored;
}

/// What else is left of a run that was over before: what was `measured` late, or a model that is
/// wanted and was not written, is saved. Logs, manifest and those who watch keep what the run told.
ExitCode finish_again(RunCheckpoints& checkpoints, RunState& state,
                      const RunCheckpoints::Restored& restored,
                      const std::optional<SaveMoment>& measured, train::Progress& progress) {
  progress.notes(warnings(restored.notes));
  const auto saved = measured ? checkpoints.save(state, *measured)
                              : checkpoints.save_missing_model(state, known(restored.path));
  progress.notes(describe_save(saved));
  progress.notes(describe_result({}, saved ? saved->path : restored.path));
  return ExitCode::ok;
}

train::ValidationMetrics after(const train::StepMetrics& step) {
  return {.step = step.step, .epoch = step.epoch, .lr = step.rates.lr};
}

SaveMoment moment_behind(const train::StepMetrics& step, bool is_final) {
  return {.epoch = step.epoch,
          .step = step.step,
          .is_final = is_final,
          .losses = {{"train_loss", step.result.loss}}};
}

SaveMoment with_losses(SaveMoment moment, const Validation& validation) {
  moment.losses.update(validation.losses(moment.step));
  return moment;
}

std::vector<std::string> check_step(const config::Recipe& recipe, const train::StepMetrics& metrics,
                                    const spec::ModelSpec& spec, bool is_first) {
  if (metrics.result.num_label_tokens == 0) {  // the check of the data is switched off
    return {fmt::format("step {} has no learnt token, so nothing was learnt from its rows",
                        metrics.step + 1)};
  }
  return is_first ? check_first_loss(recipe, metrics.result, spec) : std::vector<std::string>();
}

/// A launcher that starts several processes expects them to share the work.
void check_single_process() {
  for (const char* name : {"WORLD_SIZE", "OMPI_COMM_WORLD_SIZE"}) {
    const char* value = std::getenv(name);
    check(value == nullptr || std::atoi(value) <= 1, ErrorKind::unsupported,
          "{}={}: a launcher (torchrun, mpirun) started several processes, but training is done by "
          "one, which uses all cores or one GPU. Start the program once, without the launcher",
          name, value == nullptr ? "" : value);
  }
}

/// Returns the number of threads.
int set_up_process() {
  std::signal(SIGPIPE, SIG_IGN);  // Progress goes on
  install_arena_allocator();
  return configure_threads(0);
}

/// What a run that goes on has in its checkpoint need not be there any more.
config::Recipe without_beginning(config::Recipe recipe, const RunCheckpoints& checkpoints) {
  if (recipe.peft && !checkpoints.begins()) {
    recipe.peft->adapter_name_or_path.reset();
  }
  return recipe;
}

/// None where the rows begin again.
std::optional<std::int64_t> steps_of_epoch(const config::Recipe& recipe,
                                           const data::Loader& loader) {
  return recipe.dataset.repeats() ? std::nullopt : std::optional(loader.steps_per_epoch());
}

}  // namespace

ExitCode run_finetune(const config::LoadedRecipe& loaded) {
  check_single_process();
  const StopSignal stop(stop_signals(loaded.recipe));
  const auto is_to_stop = [&stop] { return stop.received().has_value(); };
  const int num_threads = set_up_process();
  RunCheckpoints checkpoints(loaded);
  const config::Recipe recipe = without_beginning(loaded.recipe, checkpoints);

  RunModel run = load_run_model(recipe);
  const RunData data = load_run_data(recipe, run.source, watch_preparation(is_to_stop));
  choose_recompute(recipe, run, data);
  data::Loader loader(data.train.dataset, loader_options(recipe, data, run.source.spec),
                      {.epoch = recipe.step_scheduler.start_epoch});
  auto plan = config::plan_steps(recipe.step_scheduler, steps_of_epoch(recipe, loader));
  train::Optimizer optimizer(run.model.parameters().trained(), recipe.optimizer,
                             train::parameter_names(run.model.spec()));
  RunState state{.run = run,
                 .optimizer = optimizer,
                 .schedule = config::plan_rates(recipe, plan.end_step),
                 .loader = loader.state(),
                 .next_step = recipe.step_scheduler.start_step};
  Json manifest = make_manifest(loaded, run, data, num_threads);
  state.ground = ground_of(recipe, run, data, manifest);
  const auto restored = go_on(recipe, checkpoints, state, loader, plan);
  std::optional<std::filesystem::path> last_checkpoint = restored.path;
  train::Progress progress(stdout, rewrites_lines(STDOUT_FILENO), plan.end_step);
  progress.notes(warnings(loaded.warnings));
  if (restored.path && state.next_step >= plan.end_step) {
    const auto late = complete_results(recipe, data, state, *restored.path, is_to_stop, progress);
    return finish_again(checkpoints, state, restored, late, progress);
  }

  Watchers watchers(recipe, manifest["config"],
                    restored.path ? std::optional(state.next_step) : std::nullopt);
  manifest["watchers"] = watchers.ids();
  write_manifest(recipe, manifest);
  progress.notes(warnings(config::find_unreached(recipe, plan)));
  progress.notes(warnings(idle_router_keys(recipe, run.model.spec(), run.source.config)));
  progress.notes(warnings(differences_from(loaded.manifest, manifest)));
  const std::optional<Forecast> forecast = forecast_of(recipe, run, data);
  progress.notes(describe_run(recipe, run, data, plan, forecast));
  progress.notes(warnings(check_disk(disk_need(recipe, run, optimizer, plan, state.next_step),
                                     recipe.checkpoint.checkpoint_dir)));
  progress.notes(warnings(restored.notes));
  progress.note(restored.path ? "going on from " + restored.path->string()
                              : show_first_sample(data, shows_colours(STDOUT_FILENO)));

  const auto first_logged = restored.path ? state.next_step : kBeforeTraining;
  train::JsonLines log(std::filesystem::path(recipe.checkpoint.checkpoint_dir) / "training.jsonl",
                       first_logged);
  Validation validation(recipe, data, first_logged, is_to_stop);
  progress.notes(warnings(checkpoints.compare_sets(validation.deciding_set())));
  if (!restored.path && recipe.step_scheduler.validate_at_start) {
    validation.run(run.model, {.step = kBeforeTraining}, watchers, progress);
  }
  std::optional<SaveMoment> unsaved;  // the last step, if no checkpoint has it
  const auto save = [&] {
    if (const auto saved =
            unsaved ? checkpoints.save(state, with_losses(*unsaved, validation)) : std::nullopt) {
      last_checkpoint = saved->path;
      progress.notes(describe_save(saved));
    }
    unsaved.reset();
  };
  RunTotals totals;
  bool stopping = false;
  while (state.next_step < plan.end_step && !stopping) {
    const auto metrics = saved_at_bad_row(
        optimizer, save, [&] { return run_step(state, loader, step_options(recipe)).metrics; });
    const Json line = log_line(recipe, metrics);
    log.write(line);
    progress.notes(watchers.step(line));
    progress.step(metrics);
    const bool is_first = totals.num_steps == 0 && !restored.path;
    progress.notes(warnings(check_step(recipe, metrics, run.model.spec(), is_first)));
    totals.add(metrics);
    unsaved = moment_behind(metrics, plan.is_last_step(metrics.step));
    if (plan.is_validation_due(metrics.step)) {
      unsaved->validation_loss = saved_at_bad_row(optimizer, save, [&] {
        return validation.run(run.model, after(metrics), watchers, progress);
      });
    }
    stopping = is_to_stop();
    if (stopping || plan.is_checkpoint_due(metrics.step)) {
      save();
    }
  }
  progress.notes(watchers.finish(end_of(state, plan)));
  if (state.next_step < plan.end_step) {
    return interrupted(progress, last_checkpoint.has_value());
  }
  manifest["results"] = to_json(totals);
  manifest["results"]["planned"] = to_json(forecast);
  write_manifest(recipe, manifest);
  progress.notes(describe_result(totals, last_checkpoint));
  progress.notes(compare_with(forecast, totals));
  progress.notes(validation.gains());
  progress.notes(watchers.places());
  return ExitCode::ok;
}

}  // namespace automodel::recipes
