#include "recipes/finetune/late_results.h"

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "recipes/finetune/run_manifest.h"
#include "recipes/finetune/run_plan.h"
#include "recipes/finetune/validation.h"
#include "recipes/finetune/watchers.h"

namespace automodel::recipes {
namespace {

namespace fs = std::filesystem;

void check_line(const Json& line, const fs::path& log, std::int64_t number) {
  for (const char* key :
       {"step", "num_tokens_per_step", "num_label_tokens", "step_seconds", "mem"}) {
    const Json value = line.value(key, Json(0));
    check(value.is_number(), ErrorKind::corrupt_data,
          "{}:{}: expected a number as '{}', found {}; remove the line, and the results are those "
          "of the others",
          log.string(), number, key, value.dump());
  }
}

train::StepMetrics from_line(const Json& line) {
  return {.step = line.value("step", std::int64_t{0}),
          .result = {.num_tokens = line.value("num_tokens_per_step", std::int64_t{0}),
                     .num_label_tokens = line.value("num_label_tokens", std::int64_t{0})},
          .seconds = line.value("step_seconds", 0.0),
          .peak_memory_bytes = std::llround(line.value("mem", 0.0) * (1 << 30))};
}

}  // namespace

RunTotals logged_totals(const fs::path& log, std::int64_t end_step) {
  RunTotals totals;
  if (!fs::is_regular_file(log)) {
    return totals;
  }
  std::int64_t number = 0;
  for (const auto& text : split(read_file(log), '\n')) {
    ++number;
    const Json line = Json::parse(text, nullptr, /*allow_exceptions=*/false);
    if (!line.is_object()) {
      continue;
    }
    check_line(line, log, number);
    if (from_line(line).step < end_step) {
      totals.add(from_line(line));
    }
  }
  return totals;
}

std::optional<SaveMoment> complete_results(const config::Recipe& recipe, const RunData& data,
                                           const RunState& state, const fs::path& checkpoint,
                                           const std::function<bool()>& stops,
                                           train::Progress& progress) {
  SaveMoment last = last_moment(checkpoint);
  Json manifest = read_manifest(recipe);
  const bool is_measured = last.validation_loss || Validation::are_whole(last.losses, data);
  const bool is_told = manifest.empty() || !manifest.value("results", Json()).is_null();
  if (is_measured && is_told) {
    return std::nullopt;
  }
  Watchers watchers(recipe, manifest.value("config", Json::object()), state.next_step);
  Json late = Json::object();
  if (!is_measured) {
    Validation validation(recipe, data, last.step, stops);
    const auto lr = train::rates_at(state.schedule, last.step).lr;
    last.validation_loss = validation.run(
        state.run.model, {.step = last.step, .epoch = last.epoch, .lr = lr}, watchers, progress);
    late = validation.losses(last.step);
    progress.notes(validation.gains());
  }
  if (!is_told) {
    const auto log = fs::path(recipe.checkpoint.checkpoint_dir) / "training.jsonl";
    manifest["results"] = to_json(logged_totals(log, state.next_step));
    manifest["results"]["planned"] = to_json(forecast_run(recipe, state.run, data));
    write_manifest(recipe, manifest);
  }
  progress.notes(watchers.finish(watch::RunEnd::complete));
  last.losses.update(late);
  return late.empty() ? std::nullopt : std::optional(std::move(last));
}

}  // namespace automodel::recipes
