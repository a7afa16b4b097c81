#pragma once
// What a recipe costs: parameters, arithmetic, memory and time, from its keys and the model's
// config.json alone.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "config/recipe.h"
#include "plan/memory.h"

namespace automodel::plan {

/// What each of `devices` ranks runs on.
struct Machine {
  std::int64_t devices = 1;
  std::uint64_t memory_bytes = 0;
  double flops = 0;           // per second, that training reaches in float32
  double bfloat16_flops = 0;  // in bfloat16
  double bandwidth = 0;       // bytes per second of its memory
  bool has_bfloat16 = false;
  bool own_kernels = false;  // ours for CPUs are there
  std::int64_t threads = 1;
  bool operator==(const Machine&) const = default;
};

/// One process on this computer; flops are a share of measure_peak_flops. Takes some hundredths of
/// a second.
Machine this_machine();

struct ModelCost {
  spec::ModelSpec spec;
  std::string name;
  std::int64_t parameters = 0;
  std::int64_t active = 0;   // that one token meets
  std::int64_t trained = 0;  // adapters included
};

struct RunCost {
  ModelCost model;
  StepShape step;                   // of one rank
  bool row_tokens_assumed = false;  // the recipe does not say how long rows are
  bool storage_assumed = false;     // nothing says how the weights are stored
  std::int64_t micro_batches = 1;   // of a step, on one rank
  double flops = 0;                 // of a step, of all ranks
  double seconds = 0;               // of a step
  std::optional<std::int64_t> num_steps;
  MemoryPlan memory;  // of the fullest rank
};

struct CostOptions {
  Machine machine;
  std::optional<std::int64_t> row_tokens;
  /// Of weights that a run loads in the type that they have ("auto"); none: float32 is assumed.
  std::optional<Storage> storage = std::nullopt;
};

/// The least recompute with which a step of bytes(recompute) fits; full if none does.
Recompute least_recompute(const std::function<std::int64_t(Recompute)>& bytes,
                          std::uint64_t memory_bytes);

/// The spec that a recipe's model section means, of a folder, a config.json or a class. Throws as
/// models::find_model, config_file and read_spec.
spec::ModelSpec spec_of(const config::ModelSource& model);

/// What the section's optimizer keeps.
OptimizerShape optimizer_shape(const config::Optimizer& optimizer);

/// The parameters of one rank.
std::vector<HeldParameter> held_parameters(const spec::ModelSpec& model,
                                           const config::Recipe& recipe, Storage storage,
                                           std::int64_t devices = 1);

/// Throws as spec_of and lora_targets; Error(invalid_argument) if the recipe's sizes do not fit the
/// number of devices.
RunCost cost_of(const config::Recipe& recipe, const spec::ModelSpec& spec,
                const CostOptions& options);

}  // namespace automodel::plan
