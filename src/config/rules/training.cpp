#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <csignal>

#include "config/rules/findings.h"

namespace automodel::config {
namespace {

void betas_below_one(Findings& f) {
  for (const char* key : {"betas", "scalar_betas"}) {
    const std::string path = fmt::format("optimizer.{}", key);
    const Node* list = find_path(f.tree(), path);
    for (const Node& beta : list == nullptr ? std::vector<Node>{} : list->items) {
      if (beta.value.get<double>() >= 1) {
        f.problem(path, fmt::format("{} is out of range; expected a number >= 0 and < 1",
                                    describe(beta)));
      }
    }
  }
}

/// A signal that the kernel keeps from programs, or that says that one crashes, stops no run.
void signals_can_be_caught(Findings& f) {
  constexpr auto kNotOurs = std::to_array<std::int64_t>(
      {SIGKILL, SIGSTOP, SIGILL, SIGBUS, SIGFPE, SIGSEGV, SIGABRT, SIGTRAP, SIGSYS});
  constexpr std::int64_t kLastOfPosix = 31;
  const std::string path = "step_scheduler.preemption_signal";
  const Node* node = find_path(f.tree(), path);
  std::vector<Node> signals;
  if (node != nullptr) {
    signals = node->kind == NodeKind::list ? node->items : std::vector<Node>{*node};
  }
  for (const Node& signal : signals) {
    if (!signal.value.is_number_integer()) {
      continue;
    }
    const auto number = signal.value.get<std::int64_t>();
    if (number > kLastOfPosix || std::ranges::find(kNotOurs, number) != kNotOurs.end()) {
      f.problem(path, fmt::format("{} is no signal that a program can wait for; use e.g. SIGTERM "
                                  "or SIGUSR1",
                                  number));
    }
  }
}

/// Of two keys that say in what is computed the second is this program's own.
void compute_dtype_is_one(Findings& f) {
  const auto compute = f.text("model.compute_dtype");
  const std::string path = "distributed.mp_policy.param_dtype";
  if (f.has(path) && !compute.empty() && compute != "auto" && compute != f.text(path)) {
    f.problem(path, fmt::format("{} differs from model.compute_dtype {}; give one of them",
                                f.text(path), compute));
  }
}

/// FSDP would round float32 weights for the arithmetic.
void float32_weights_are_computed_in_float32(Findings& f) {
  const std::string path = "distributed.mp_policy.param_dtype";
  const auto compute = f.text("model.compute_dtype");
  const bool is_float32 =
      f.text("model.torch_dtype") == "float32" || f.text("model.dtype") == "float32";
  if (f.is_given(path) && f.text(path) == "bfloat16" && is_float32 &&
      (compute.empty() || compute == "auto")) {
    f.warning(path,
              "float32 weights are computed with in float32 all the same; model.compute_dtype: "
              "bfloat16 rounds them for the arithmetic");
  }
}

/// 0 is how Transformers' Trainer switches clipping off.
void clipping_leaves_a_gradient(Findings& f) {
  if (f.number("clip_grad_norm.max_norm").value_or(1) <= 0) {
    f.problem("clip_grad_norm.max_norm",
              "0 would leave nothing of the gradient; clipping cannot be switched off, but a large "
              "norm such as 1e9 never clips");
  }
}

void label_smoothing_below_one(Findings& f) {
  const double share = f.number("loss_fn.label_smoothing").value_or(0);
  if (share >= 1) {
    f.problem("loss_fn.label_smoothing",
              fmt::format("{} is out of range; expected a number >= 0 and < 1", share));
  }
}

/// Without an input nothing is learnt, and PEFT's configurations do not have it.
void adapter_dropout_below_one(Findings& f) {
  if (f.number("peft.dropout").value_or(0) >= 1) {
    f.problem("peft.dropout", "1 is out of range; expected a number >= 0 and < 1");
  }
}

/// Source: Transformer Engine, which has no AMSGrad.
void fused_adam_has_no_amsgrad(Findings& f) {
  if (f.text("optimizer._target_").ends_with("FusedAdam") && f.is_true("optimizer.amsgrad")) {
    f.problem("optimizer.amsgrad",
              "must be false for FusedAdam; use _target_: torch.optim.AdamW for AMSGrad");
  }
}

/// It multiplies the update of every parameter, the weight decay included.
void something_is_learnt(Findings& f) {
  const std::string max_lr = "lr_scheduler.max_lr";
  const std::string path = f.has(max_lr) ? max_lr : "optimizer.lr";
  if (f.number(path) == 0.0) {
    f.warning(path, "0 trains nothing: the weights stay as they are");
  }
}

void learning_rates_are_ordered(Findings& f) {
  const double lr = f.number("optimizer.lr").value_or(0);
  const double max_lr = f.number("lr_scheduler.max_lr").value_or(lr);
  const double min_lr = f.number("lr_scheduler.min_lr").value_or(0.01 * lr);
  const double init_lr = f.number("lr_scheduler.init_lr").value_or(0.1 * lr);
  if (min_lr > max_lr) {
    f.problem("lr_scheduler.min_lr", fmt::format("{} is more than max_lr {}", min_lr, max_lr));
  }
  if (init_lr > max_lr) {
    f.problem("lr_scheduler.init_lr", fmt::format("{} is more than max_lr {}", init_lr, max_lr));
  }
}

void warm_up_ends_before_decay(Findings& f) {
  const auto warmup = f.integer("lr_scheduler.lr_warmup_steps");
  const auto decay = f.integer("lr_scheduler.lr_decay_steps");
  const auto end = decay ? decay : f.integer("step_scheduler.max_steps");
  if (warmup && end && *warmup >= *end) {
    f.problem("lr_scheduler.lr_warmup_steps",
              fmt::format("{} must be less than {} {}", *warmup,
                          decay ? "lr_decay_steps" : "step_scheduler.max_steps", *end));
  }
}

void decay_is_within_the_run(Findings& f) {
  const auto decay = f.integer("lr_scheduler.lr_decay_steps");
  const auto steps = f.integer("step_scheduler.max_steps");
  if (!decay || !steps) {
    return;
  }
  if (*decay > *steps) {
    f.warning("lr_scheduler.lr_decay_steps",
              fmt::format("{} is longer than step_scheduler.max_steps {}: the learning rate does "
                          "not come down to min_lr",
                          *decay, *steps));
  }
  const bool ends_at_zero =
      f.text("lr_scheduler.lr_decay_style") != "constant" && f.number("lr_scheduler.min_lr") == 0;
  if (*decay < *steps && ends_at_zero) {
    f.warning("lr_scheduler.lr_decay_steps",
              fmt::format("the learning rate is 0 from step {} on, and the steps up to "
                          "step_scheduler.max_steps {} change nothing; give min_lr, or as many "
                          "steps to both",
                          *decay, *steps));
  }
}

/// The number of micro-batches follows from local_batch_size, whatever is in them.
void micro_batches_are_of_local_size(Findings& f) {
  const Node* loader = find_path(f.tree(), "dataloader.batch_size");
  const bool is_mock = f.text("dataset._target_").ends_with(".MockIterableDataset");
  const bool is_benchmark = f.text("recipe._target_").starts_with("Benchmarking");
  const bool data_decide = loader != nullptr && loader->is_null() && is_mock && !is_benchmark;
  const char* key = data_decide ? "dataset.batch_size" : "dataloader.batch_size";
  const auto rows = f.integer(key);
  const auto wanted = f.integer("step_scheduler.local_batch_size");
  const auto all = f.integer("step_scheduler.global_batch_size");
  if (rows && wanted && all && *rows != *wanted) {
    f.warning(key, fmt::format("micro-batches are of {} rows, not of step_scheduler."
                               "local_batch_size {}: a step trains on {} rows, not on {}",
                               *rows, *wanted, *all / *wanted * *rows, *all));
  }
}

void counters_leave_steps(Findings& f) {
  const auto max_steps = f.integer("step_scheduler.max_steps");
  const auto epochs = f.integer("step_scheduler.num_epochs");
  const std::int64_t step = f.integer("step_scheduler.start_step").value_or(0);
  const std::int64_t epoch = f.integer("step_scheduler.start_epoch").value_or(0);
  if (max_steps && step >= *max_steps) {
    f.problem("step_scheduler.start_step",
              fmt::format("{} leaves nothing to do: max_steps is {}", step, *max_steps));
  }
  if (epochs && epoch >= *epochs) {
    f.problem("step_scheduler.start_epoch",
              fmt::format("{} leaves nothing to do: num_epochs is {}", epoch, *epochs));
  }
}

void eight_bit_backend_is_consistent(Findings& f) {
  const std::string backend = "model.backend.";
  if (f.has(backend + "te_fp8") && f.text(backend + "linear") != "te" &&
      f.text(backend + "experts") != "te") {
    f.problem(backend + "te_fp8", "needs backend.linear or backend.experts: te");
  }
  const Node* modules = find_path(f.tree(), backend + "cuda_graph.modules");
  for (const Node& module : modules == nullptr ? std::vector<Node>{} : modules->items) {
    const bool is_attention = module.value == "attn" || module.value == "te_dpa";
    if (is_attention && f.has(backend + "attn") && f.text(backend + "attn") != "te") {
      f.problem(backend + "cuda_graph.modules",
                fmt::format("{} needs backend.attn: te", describe(module)));
    }
    if (module.value == "moe_preprocess" && f.text(backend + "dispatcher") != "hybridep") {
      f.problem(backend + "cuda_graph.modules",
                fmt::format("{} needs backend.dispatcher: hybridep", describe(module)));
    }
  }
}

void weight_decay_grows(Findings& f) {
  const double decay = f.number("optimizer.weight_decay").value_or(0);
  const double start = f.number("lr_scheduler.start_wd").value_or(decay);
  const double end = f.number("lr_scheduler.end_wd").value_or(decay);
  if (start > end) {
    f.problem("lr_scheduler.start_wd", fmt::format("{} is more than end_wd {}", start, end));
  } else if (start < end && f.text("lr_scheduler.wd_incr_style") == "constant") {
    f.problem("lr_scheduler.wd_incr_style",
              fmt::format("constant, but start_wd {} differs from end_wd {}", start, end));
  }
}

void wsd_is_complete(Findings& f) {
  const bool is_wsd = f.text("lr_scheduler.lr_decay_style") == "WSD";
  for (const char* key : {"lr_scheduler.wsd_decay_steps", "lr_scheduler.lr_wsd_decay_style"}) {
    if (is_wsd && !f.has(key)) {
      f.problem(key, "this required key is missing: lr_decay_style WSD needs it");
    } else if (!is_wsd && f.has(key)) {
      f.warning(key, "ignored: lr_decay_style is not WSD");
    }
  }
}

void wsd_decays_after_the_warm_up(Findings& f) {
  const auto decay = f.integer("lr_scheduler.wsd_decay_steps");
  const auto given = f.integer("lr_scheduler.lr_decay_steps");
  const auto end = given ? given : f.integer("step_scheduler.max_steps");
  const auto warmup = f.integer("lr_scheduler.lr_warmup_steps").value_or(0);
  if (f.text("lr_scheduler.lr_decay_style") == "WSD" && decay && end && warmup < *end &&
      *decay > *end - warmup) {
    f.problem("lr_scheduler.wsd_decay_steps",
              fmt::format("{} is more than the {} steps after the warm-up ({} of {} {})", *decay,
                          *end - warmup, warmup,
                          given ? "lr_decay_steps" : "step_scheduler.max_steps", *end));
  }
}

/// 24 or 32; see the key's text.
void master_weights_are_whole_bytes(Findings& f) {
  const auto bits = f.integer("optimizer.master_weight_bits").value_or(24);
  if (bits != 24 && bits != 32) {
    f.problem("optimizer.master_weight_bits", fmt::format("is {}, expected 24 or 32", bits));
  }
}

/// With adapters there is no whole model but the merged one.
void whole_models_are_written(Findings& f) {
  const bool adapts = f.has("peft");
  const std::string merged = "checkpoint.merged_export";
  if (!adapts && f.is_true(merged)) {
    f.warning(merged, "ignored: there is no section peft; save_consolidated writes the model");
  }
  const std::string whole = "checkpoint.save_consolidated";
  if (adapts && f.is_given(whole) && f.text(whole) != "false" && !f.is_true(merged)) {
    f.warning(whole,
              "with peft only the adapter and its tokenizer are written; merged_export: true also "
              "writes the merged model");
  }
}

/// An adapter's folder names the weights of a base model, which from_config does not read.
void adapters_have_a_base(Findings& f) {
  if (f.has("peft") && f.text("model._target_").ends_with(".from_config") &&
      !f.is_true("checkpoint.merged_export")) {
    f.warning("peft",
              "the base model is drawn from the seed and no adapter's folder holds it: loaded on "
              "other weights the adapter is worthless. model._target_ ending in .from_pretrained "
              "adapts existing weights; checkpoint.merged_export: true saves the whole model");
  }
}

void one_schedule_on_resume(Findings& f) {
  if (f.is_true("lr_scheduler.use_checkpoint_opt_param_scheduler") &&
      f.is_true("lr_scheduler.override_opt_param_scheduler")) {
    f.problem("lr_scheduler.override_opt_param_scheduler",
              "not possible together with use_checkpoint_opt_param_scheduler; set that to false");
  }
}

void fused_loss_without_tensor_parallelism(Findings& f) {
  if (!f.text("loss_fn._target_").ends_with(".FusedLinearCrossEntropy") ||
      f.integer("distributed.tp_size").value_or(1) <= 1) {
    return;
  }
  if (f.text("recipe._target_").ends_with("VLM")) {
    f.warning("loss_fn._target_",
              "upstream computes MaskedCrossEntropy instead, since distributed.tp_size > 1");
  } else {
    f.problem("loss_fn._target_",
              "FusedLinearCrossEntropy is not possible with distributed.tp_size > 1");
  }
}

/// A text or a list of texts that names something.
bool names_modules(const Findings& f, std::string_view path) {
  const Node* node = find_path(f.tree(), path);
  return node != nullptr && (!node->items.empty() || (node->is_text() && !f.text(path).empty()));
}

void adapters_are_chosen_one_way(Findings& f) {
  const bool targets = names_modules(f, "peft.target_modules");
  const bool excludes = names_modules(f, "peft.exclude_modules");
  if (targets && excludes) {
    f.problem("peft.exclude_modules",
              "not possible together with target_modules; give one of them");
  }
  if (f.is_true("peft.match_all_linear") && (targets || excludes)) {
    f.problem("peft.match_all_linear",
              "not possible together with target_modules or exclude_modules");
  }
}

void quantised_training_is_consistent(Findings& f) {
  if (f.is_true("qat.enabled") && f.has("peft")) {
    f.problem("qat", "quantisation-aware training is not possible with peft");
  }
  if (f.has("quantization") && !f.is_true("quantization.load_in_4bit") &&
      !f.is_given("quantization.load_in_8bit")) {
    f.problem("quantization.load_in_8bit", "this required key is missing: load_in_4bit is false");
  }
}

}  // namespace

void check_training_rules(Findings& findings) {
  betas_below_one(findings);
  signals_can_be_caught(findings);
  master_weights_are_whole_bytes(findings);
  whole_models_are_written(findings);
  adapters_have_a_base(findings);
  clipping_leaves_a_gradient(findings);
  something_is_learnt(findings);
  compute_dtype_is_one(findings);
  float32_weights_are_computed_in_float32(findings);
  label_smoothing_below_one(findings);
  adapter_dropout_below_one(findings);
  fused_adam_has_no_amsgrad(findings);
  if (findings.has("lr_scheduler")) {
    learning_rates_are_ordered(findings);
    warm_up_ends_before_decay(findings);
    decay_is_within_the_run(findings);
    weight_decay_grows(findings);
    wsd_is_complete(findings);
    wsd_decays_after_the_warm_up(findings);
    one_schedule_on_resume(findings);
  }
  counters_leave_steps(findings);
  micro_batches_are_of_local_size(findings);
  eight_bit_backend_is_consistent(findings);
  fused_loss_without_tensor_parallelism(findings);
  adapters_are_chosen_one_way(findings);
  quantised_training_is_consistent(findings);
}

}  // namespace automodel::config
