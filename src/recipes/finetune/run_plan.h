#pragma once
// What a run is going to do, told before it does it.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "config/recipe.h"
#include "config/step_plan.h"
#include "plan/memory.h"
#include "recipes/finetune/run_data.h"
#include "recipes/finetune/run_model.h"
#include "recipes/finetune/run_summary.h"

namespace automodel::recipes {

/// What a step is expected to take.
struct Forecast {
  plan::MemoryPlan memory;
  double step_seconds = 0;
  bool operator==(const Forecast&) const = default;
};

/// Where the recipe leaves it open ("auto"): recomputes the least that makes the step fit into this
/// machine's memory.
void choose_recompute(const config::Recipe& recipe, RunModel& run, const RunData& data);

/// By plan::plan_memory for a micro-batch of the longest row and average ones, and plan::cost_of;
/// nothing for a GPU, of which neither is a model.
std::optional<Forecast> forecast_run(const config::Recipe& recipe, const RunModel& run,
                                     const RunData& data);

/// "memory      2.29 GiB planned, 2.31 GiB measured (+1 %)", and the same of a step's time; without
/// a forecast what was measured.
std::vector<std::string> compare_with(const std::optional<Forecast>& forecast,
                                      const RunTotals& totals);

Json to_json(const std::optional<Forecast>& forecast);

/// The plan as lines: model, trained and frozen parameters, adapters by role, data, steps, memory
/// by kind.
std::vector<std::string> describe_run(const config::Recipe& recipe, const RunModel& run,
                                      const RunData& data, const config::StepPlan& steps,
                                      const std::optional<Forecast>& forecast);

/// One row of the training data as text, what is learnt marked; in colour on a terminal.
std::string show_first_sample(const RunData& data, bool is_terminal);

/// Warnings that the first step's loss calls for: one far above ln(vocab_size) means that model
/// and tokenizer do not belong together. None for classifiers, and where the loss is not
/// cross-entropy alone or of too few labels to tell.
std::vector<std::string> check_first_loss(const config::Recipe& recipe,
                                          const train::StepResult& first,
                                          const spec::ModelSpec& spec);

}  // namespace automodel::recipes
