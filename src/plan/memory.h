#pragma once
// The memory of a training step: the only model of it. From config alone, or from the parameters
// that a run has.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "plan/activations.h"
#include "spec/parameters.h"

namespace automodel::plan {

/// The types that values are stored in.
enum class Storage { float32, bfloat16, float16 };
/// Bytes of a value.
std::int64_t width_of(Storage storage);
/// By the name in a recipe or config.json; float64 is held as float32.
Storage storage_of(std::string_view dtype);

/// A parameter as this rank holds it.
struct HeldParameter {
  std::string name;
  std::int64_t numel = 0;
  Storage storage = Storage::float32;
  std::int64_t layer = -1;  // -1: outside the blocks
  spec::Role role = spec::Role::mlp;
  bool is_linear = false;
  bool is_trained = true;
  std::int64_t width() const { return width_of(storage); }
  std::int64_t bytes() const { return numel * width(); }
  bool operator==(const HeldParameter&) const = default;
};

/// What the optimizer keeps.
struct OptimizerShape {
  std::int64_t exp_avg_width = 4;  // bytes of a value
  std::int64_t exp_avg_sq_width = 4;
  bool amsgrad = false;        // the largest second moment too
  bool master_weights = true;  // more of narrower weights than they hold
  std::int64_t master_weight_bits = 24;
  /// Bytes beside one value of a parameter that is stored so.
  std::int64_t bytes_beside(Storage storage) const;
  bool operator==(const OptimizerShape&) const = default;
};

struct StepShape {
  BatchShape batch;
  bool accumulates = false;  // more than one micro-batch a step
  OptimizerShape optimizer;
  std::int64_t gathered_bytes = 0;  // weights of other ranks that are here for a while
  bool operator==(const StepShape&) const = default;
};

/// Bytes by kind at the moment when most are held.
struct MemoryPlan {
  std::int64_t program = 0;  // the process without a model
  std::int64_t frozen = 0;
  std::int64_t trained = 0;
  std::int64_t optimizer = 0;
  std::int64_t gradients = 0;
  std::int64_t activations = 0;
  std::int64_t loss = 0;       // logits and their gradients
  std::int64_t workspace = 0;  // what the moment needs for itself
  std::string moment;          // "the loss", "the backward of layer 3", ...
  std::int64_t total() const {
    return program + frozen + trained + optimizer + gradients + activations + loss + workspace;
  }
  bool operator==(const MemoryPlan&) const = default;
};

/// Bytes of the optimizer's state.
std::int64_t optimizer_bytes(const std::vector<HeldParameter>& parameters,
                             const OptimizerShape& optimizer);

/// Whether the gradient of an expert's weight is computed for the update alone (base/deferral.h),
/// if all experts see as many rows.
bool is_deferred(const spec::ModelSpec& model, const HeldParameter& parameter,
                 const StepShape& step);

MemoryPlan plan_memory(const spec::ModelSpec& model, const std::vector<HeldParameter>& parameters,
                       const StepShape& step);

/// As human_bytes.
std::string bytes_text(std::int64_t bytes);

/// "2.1 GiB at the loss: program 300 MiB, frozen weights 0, trained weights 513 MiB, ..."
std::string memory_text(const MemoryPlan& plan);

}  // namespace automodel::plan
