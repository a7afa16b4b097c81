#pragma once
// What a run is going to do, told before it does it.

#include <cstdint>
#include <string>
#include <vector>

#include "config/recipe.h"
#include "config/step_plan.h"
#include "recipes/finetune/run_data.h"
#include "recipes/finetune/run_model.h"
#include "train/optimizer.h"

namespace automodel::recipes {

/// Bytes by kind.
struct MemoryPlan {
  std::int64_t frozen = 0;
  std::int64_t trained = 0;
  std::int64_t gradients = 0;
  std::int64_t optimizer = 0;
  std::int64_t activations = 0;  // an estimate, of one micro-batch of average rows
  std::int64_t total() const { return frozen + trained + gradients + optimizer + activations; }
  bool operator==(const MemoryPlan&) const = default;
};

/// `tokens`: of a micro-batch.
MemoryPlan plan_memory(const parallel::ShardedModel& model, std::int64_t optimizer_bytes,
                       std::int64_t tokens);

/// The plan as lines: model, trained and frozen parameters, adapters by role, data, steps, memory
/// by kind.
std::vector<std::string> describe_run(const config::Recipe& recipe, const RunModel& run,
                                      const RunData& data, const config::StepPlan& steps,
                                      std::int64_t optimizer_bytes);

/// One row of the training data as text, what is learnt marked; in colour on a terminal.
std::string show_first_sample(const RunData& data, bool is_terminal);

/// Warnings that the first step's loss calls for: one far above ln(vocab_size) means that model
/// and tokenizer do not belong together.
std::vector<std::string> check_first_loss(const config::Recipe& recipe, double loss,
                                          std::int64_t vocab_size);

}  // namespace automodel::recipes
