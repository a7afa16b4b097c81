#pragma once
// A recipe as the training code reads it: plain values, everything checked, defaults filled in.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "config/data_sections.h"
#include "config/model_sections.h"
#include "config/training_sections.h"

namespace automodel::config {

struct Recipe {
  /// It times steps; else it trains, a language model or (model.task) a classifier.
  bool is_benchmark = false;
  std::int64_t seed = 42;
  StepScheduler step_scheduler;
  DistEnv dist_env;
  Distributed distributed;
  ModelSource model;
  std::optional<Peft> peft;
  LossFn loss_fn;
  Dataset dataset;
  /// Ours: names of data checks that are switched off.
  std::vector<std::string> disabled_data_checks;
  Dataloader dataloader;
  /// By name; `validation_dataset` is "default".
  std::map<std::string, Dataset> validation_datasets;
  Dataloader validation_dataloader;
  PackedSequence packed_sequence;
  Optimizer optimizer;
  /// Absent: constant learning rate.
  std::optional<LrScheduler> lr_scheduler;
  ClipGradNorm clip_grad_norm;
  MoeMetrics moe_metrics;
  Checkpoint checkpoint;
  /// Sections without a structure of their own yet, by name, as resolved: quantization, fp8, qat,
  /// benchmark, wandb, ...
  std::map<std::string, Json> other;

  bool operator==(const Recipe&) const = default;
};

}  // namespace automodel::config
