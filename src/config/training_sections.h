#pragma once
// The sections of a recipe that say how to train. Field names, defaults and meaning are upstream's;
// a test compares the defaults with the key table (src/config/schema/), which is what a recipe is
// checked against.

#include <csignal>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace automodel::config {

/// `step_scheduler`: batch sizes and what happens at which step. Derived numbers:
/// config/step_plan.h.
struct StepScheduler {
  /// Sequences per optimizer step over all data-parallel ranks, and per micro-batch and rank.
  std::int64_t global_batch_size = 32;
  std::int64_t local_batch_size = 1;
  /// Absent in the recipe: 10. Explicit null: as many epochs as max_steps needs.
  std::optional<std::int64_t> num_epochs = 10;
  /// Optimizer steps, a hard stop; null: num_epochs decides.
  std::optional<std::int64_t> max_steps;
  /// null: once per epoch.
  std::optional<std::int64_t> ckpt_every_steps = 100;
  bool save_checkpoint_every_epoch = true;
  /// null: only when a checkpoint is written.
  std::optional<std::int64_t> val_every_steps;
  /// Ours: also validate before the first step.
  bool validate_at_start = false;
  std::int64_t log_remote_every_steps = 1;
  /// Counters of the first step; a restored checkpoint overwrites them.
  std::int64_t start_step = 0;
  std::int64_t start_epoch = 0;
  /// Signal numbers that save and stop.
  std::vector<int> preemption_signals = {SIGTERM};

  bool operator==(const StepScheduler&) const = default;
};

enum class OptimizerKind { adam, adamw, fused_adam, flash_adamw, muon, nor_muon, dion2, dion };

/// A rule for parameters whose name contains a match of `pattern` (regular expression); the first
/// match wins.
struct ParamGroupOverride {
  std::string pattern;
  double lr_mult = 1;
  double wd_mult = 1;

  bool operator==(const ParamGroupOverride&) const = default;
};

/// `optimizer`. The defaults are those of the recipe's `_target_`, e.g. torch.optim.AdamW here.
struct Optimizer {
  OptimizerKind kind = OptimizerKind::adamw;
  double lr = 1e-3;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double eps = 1e-8;
  double weight_decay = 0.01;
  /// True: weight decay is decoupled (AdamW); false: added to the gradient (Adam).
  bool decoupled_weight_decay = true;
  bool amsgrad = false;
  bool maximize = false;
  bool bias_correction = true;
  std::vector<ParamGroupOverride> param_group_overrides;
  /// Weights that are not float32 have a more exact value beside them.
  bool master_weights = true;
  /// Of that of a bfloat16 weight: 24, rounded at random, or 32.
  std::int64_t master_weight_bits = 24;
  /// dtype names of the optimizer's state; null: float32.
  std::optional<std::string> master_weight_dtype;
  std::optional<std::string> exp_avg_dtype;
  std::optional<std::string> exp_avg_sq_dtype;

  bool operator==(const Optimizer&) const = default;
};

enum class DecayStyle { constant, linear, cosine, inverse_square_root, wsd };
enum class WeightDecayStyle { constant, linear, cosine };
enum class WsdDecayStyle { linear, cosine, exponential, minus_sqrt };

/// `lr_scheduler`. Null fields are computed from the run's length and the optimizer's lr
/// (config/step_plan.h).
struct LrScheduler {
  DecayStyle lr_decay_style = DecayStyle::cosine;
  std::optional<std::int64_t> lr_warmup_steps;
  std::optional<std::int64_t> lr_decay_steps;
  std::optional<double> init_lr;
  std::optional<double> max_lr;
  std::optional<double> min_lr;
  std::optional<double> start_wd;
  std::optional<double> end_wd;
  std::optional<std::int64_t> wd_incr_steps;
  WeightDecayStyle wd_incr_style = WeightDecayStyle::constant;
  std::optional<std::int64_t> wsd_decay_steps;
  std::optional<WsdDecayStyle> lr_wsd_decay_style;
  bool use_checkpoint_opt_param_scheduler = true;
  bool override_opt_param_scheduler = false;

  bool operator==(const LrScheduler&) const = default;
};

/// `clip_grad_norm`: clipping is always on.
struct ClipGradNorm {
  double max_norm = 1.0;

  bool operator==(const ClipGradNorm&) const = default;
};

/// `moe_metrics`: how evenly experts are used, in training.jsonl.
struct MoeMetrics {
  bool enabled = false;
  bool detailed = false;  // mode; each layer too
  /// Between detailed reports; null: every step is detailed.
  std::optional<std::int64_t> detailed_every_steps;
  std::int64_t top_k_experts = 0;  // so many of the most and of the least used are listed

  bool operator==(const MoeMetrics&) const = default;
};

/// `loss_fn`: every kind is the cross-entropy over all labels of a step.
struct LossFn {
  /// Ours: of the uniform distribution in the one to learn, and the weight of logsumexp(logits)^2.
  double label_smoothing = 0;
  double z_loss = 0;

  bool operator==(const LossFn&) const = default;
};

enum class SaveConsolidated { never, final, every };

/// `checkpoint`. An absent section means: saving is on.
struct Checkpoint {
  bool enabled = true;
  std::string checkpoint_dir = "checkpoints/";
  SaveConsolidated save_consolidated = SaveConsolidated::final;
  /// null: the newest complete checkpoint in checkpoint_dir, whose model signature must match;
  /// LATEST, LOWEST_VAL, the name of a folder in checkpoint_dir, or a path.
  std::optional<std::string> restore_from;
  /// Which of several validation sets defines LOWEST_VAL.
  std::string best_metric_key = "default";
  /// Older checkpoints are removed; LATEST and the best of each validation set are kept.
  std::optional<std::int64_t> max_recent_checkpoints;
  /// Ours: at the end of a LoRA run also write the merged model as an HF folder.
  bool merged_export = false;

  bool operator==(const Checkpoint&) const = default;
};

}  // namespace automodel::config
