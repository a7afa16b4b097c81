#include <csignal>
#include <map>

#include "config/extract/section.h"
#include "config/extract/sections.h"

namespace automodel::config {
namespace {

int signal_number(const Json& value) {
  static const std::map<std::string, int> kSignals = {
      {"SIGTERM", SIGTERM}, {"SIGINT", SIGINT},   {"SIGHUP", SIGHUP},   {"SIGUSR1", SIGUSR1},
      {"SIGUSR2", SIGUSR2}, {"SIGQUIT", SIGQUIT}, {"SIGALRM", SIGALRM}, {"SIGCONT", SIGCONT}};
  return value.is_string() ? kSignals.at(value.get<std::string>()) : value.get<int>();
}

std::vector<int> signal_numbers(const Json& value) {
  std::vector<int> out;
  for (const Json& one : value.is_array() ? value : Json::array({value})) {
    if (!one.is_null()) {
      out.push_back(signal_number(one));
    }
  }
  return out;
}

OptimizerKind optimizer_kind(const std::string& target) {
  const std::string name = target.substr(target.rfind('.') + 1);
  static const std::map<std::string, OptimizerKind> kKinds = {
      {"Adam", OptimizerKind::adam},
      {"AdamConfig", OptimizerKind::adam},
      {"AdamW", OptimizerKind::adamw},
      {"AdamWConfig", OptimizerKind::adamw},
      {"FusedAdam", OptimizerKind::fused_adam},
      {"FusedAdamConfig", OptimizerKind::fused_adam},
      {"FlashAdamW", OptimizerKind::flash_adamw},
      {"FlashAdamWConfig", OptimizerKind::flash_adamw},
      {"Muon", OptimizerKind::muon},
      {"NorMuon", OptimizerKind::nor_muon},
      {"Dion2", OptimizerKind::dion2},
      {"Dion", OptimizerKind::dion}};
  return kKinds.at(name);
}

/// Adam adds weight decay to the gradient unless a key says otherwise; the AdamW kinds decouple it.
bool decouples(OptimizerKind kind, const Section& s) {
  return kind == OptimizerKind::adam         ? s.get("decoupled_weight_decay", false)
         : kind == OptimizerKind::fused_adam ? s.get("adam_w_mode", true)
                                             : true;
}

}  // namespace

StepScheduler extract_step_scheduler(const Json& json) {
  const Section s(json);
  StepScheduler out;
  out.global_batch_size = s.get("global_batch_size", out.global_batch_size);
  out.local_batch_size = s.get("local_batch_size", out.local_batch_size);
  out.num_epochs = s.optional<std::int64_t>("num_epochs");
  out.max_steps = s.optional<std::int64_t>("max_steps");
  out.ckpt_every_steps = s.optional<std::int64_t>("ckpt_every_steps");
  out.save_checkpoint_every_epoch = s.get("save_checkpoint_every_epoch", true);
  out.val_every_steps = s.optional<std::int64_t>("val_every_steps");
  out.validate_at_start = s.get("validate_at_start", false);
  out.log_remote_every_steps = s.get("log_remote_every_steps", out.log_remote_every_steps);
  out.start_step = s.get("start_step", out.start_step);
  out.start_epoch = s.get("start_epoch", out.start_epoch);
  out.preemption_signals = signal_numbers(s.at("preemption_signal"));
  return out;
}

Optimizer extract_optimizer(const Json& json) {
  const Section s(json);
  Optimizer out;
  out.kind = optimizer_kind(s.text("_target_"));
  out.lr = s.get("lr", out.lr);
  const auto betas = s.get("betas", std::vector<double>{out.beta1, out.beta2});
  out.beta1 = betas.at(0);
  out.beta2 = betas.at(1);
  out.eps = s.get(s.has("epsilon") ? "epsilon" : "eps", out.eps);
  out.weight_decay = s.get("weight_decay", out.weight_decay);
  out.decoupled_weight_decay = decouples(out.kind, s);
  out.amsgrad = s.get("amsgrad", false);
  out.maximize = s.get("maximize", false);
  out.bias_correction = s.get("bias_correction", true);
  for (const Json& rule : s.get("param_group_overrides", Json::array())) {
    out.param_group_overrides.push_back(
        {rule.at("pattern"), rule.at("lr_mult"), rule.at("wd_mult")});
  }
  out.master_weights = s.get("master_weights", true);
  if (out.kind == OptimizerKind::fused_adam) {
    out.master_weight_bits = 32;  // what its master_weights are
  }
  out.master_weight_bits = s.get("master_weight_bits", out.master_weight_bits);
  out.master_weight_dtype = s.optional<std::string>("master_weight_dtype");
  out.exp_avg_dtype = s.optional<std::string>("exp_avg_dtype");
  out.exp_avg_sq_dtype = s.optional<std::string>("exp_avg_sq_dtype");
  return out;
}

LrScheduler extract_lr_scheduler(const Json& json) {
  const Section s(json);
  LrScheduler out;
  out.lr_decay_style =
      s.choice("lr_decay_style",
               Names<DecayStyle, 5>{{{"constant", DecayStyle::constant},
                                     {"linear", DecayStyle::linear},
                                     {"cosine", DecayStyle::cosine},
                                     {"inverse-square-root", DecayStyle::inverse_square_root},
                                     {"WSD", DecayStyle::wsd}}});
  out.lr_warmup_steps = s.optional<std::int64_t>("lr_warmup_steps");
  out.lr_decay_steps = s.optional<std::int64_t>("lr_decay_steps");
  out.init_lr = s.optional<double>("init_lr");
  out.max_lr = s.optional<double>("max_lr");
  out.min_lr = s.optional<double>("min_lr");
  out.start_wd = s.optional<double>("start_wd");
  out.end_wd = s.optional<double>("end_wd");
  out.wd_incr_steps = s.optional<std::int64_t>("wd_incr_steps");
  out.wd_incr_style = s.choice("wd_incr_style",
                               Names<WeightDecayStyle, 3>{{{"constant", WeightDecayStyle::constant},
                                                           {"linear", WeightDecayStyle::linear},
                                                           {"cosine", WeightDecayStyle::cosine}}});
  out.wsd_decay_steps = s.optional<std::int64_t>("wsd_decay_steps");
  out.lr_wsd_decay_style = s.optional_choice(
      "lr_wsd_decay_style", Names<WsdDecayStyle, 4>{{{"linear", WsdDecayStyle::linear},
                                                     {"cosine", WsdDecayStyle::cosine},
                                                     {"exponential", WsdDecayStyle::exponential},
                                                     {"minus_sqrt", WsdDecayStyle::minus_sqrt}}});
  out.use_checkpoint_opt_param_scheduler = s.get("use_checkpoint_opt_param_scheduler", true);
  out.override_opt_param_scheduler = s.get("override_opt_param_scheduler", false);
  return out;
}

LossFn extract_loss(const Json& json) {
  const Section s(json);
  return {.label_smoothing = s.get("label_smoothing", 0.0), .z_loss = s.get("z_loss", 0.0)};
}

MoeMetrics extract_moe_metrics(const Json& json) {
  const Section s(json);
  return {.enabled = s.get("enabled", false),
          .detailed = s.text("mode") == "detailed",
          .detailed_every_steps = s.optional<std::int64_t>("detailed_every_steps"),
          .top_k_experts = s.get<std::int64_t>("top_k_experts", 0)};
}

Checkpoint extract_checkpoint(const Json& json) {
  const Section s(json);
  Checkpoint out;
  out.enabled = s.get("enabled", true);
  out.checkpoint_dir = s.text("checkpoint_dir");
  out.save_consolidated = s.choice(
      "save_consolidated", Names<SaveConsolidated, 3>{{{"every", SaveConsolidated::every},
                                                       {"final", SaveConsolidated::final},
                                                       {"false", SaveConsolidated::never}}});
  out.restore_from = s.optional<std::string>("restore_from");
  out.best_metric_key = s.text("best_metric_key");
  out.max_recent_checkpoints = s.optional<std::int64_t>("max_recent_checkpoints");
  out.merged_export = s.get("merged_export", false);
  return out;
}

}  // namespace automodel::config
