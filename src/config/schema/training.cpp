#include <algorithm>
#include <iterator>

#include "config/schema/sections.h"

namespace automodel::config {

namespace {

constexpr const char* kSavedAtOnce = "checkpoints are written at once";
constexpr const char* kSaidElsewhere = "the sections model and peft say it";

Key preemption_signal() {
  return integer("preemption_signal",
                 "signals, by name or number, that save and stop; null: none. SIGINT (Ctrl-C) and, "
                 "without "
                 "nohup, SIGHUP (the terminal is closed) always do")
      .one_of(
          {"SIGTERM", "SIGINT", "SIGHUP", "SIGUSR1", "SIGUSR2", "SIGQUIT", "SIGALRM", "SIGCONT"})
      .at_least(1)
      .or_list()
      .or_null()
      .defaulting("SIGTERM");
}

/// What upstream's checkpoints need to be told.
std::vector<Key> checkpoint_keys_of_upstream() {
  return {
      flag("wait_for_staging", "wait until the copy for a background save is made", false)
          .without_effect(kSavedAtOnce),
      flag("cpu_offload", "copy to the CPU before saving", false).without_effect(kSavedAtOnce),
      text("original_model_root_dir", "folder of the base model's files")
          .or_null()
          .without_effect("they are taken from the model's folder"),
      text("staging_dir", "folder for files on their way").or_null().without_effect(kSavedAtOnce),
      flag("single_rank_consolidation", "one rank writes the Hugging Face folder", false)
          .without_effect(kOneProcess),
      flag("v4_compatible", "write files as Transformers 4 expects them", false)
          .without_effect("files have the form of the base model's, adapters PEFT's"),
      integer("consolidation_timeout_minutes", "longest wait for the Hugging Face folder", 30)
          .at_least(1)
          .without_effect(kOneProcess),
      anything("model_repo_id", "accepted; taken from `model`").without_effect(kSaidElsewhere),
      anything("model_cache_dir", "accepted; taken from `model`").without_effect(kSaidElsewhere),
      anything("is_peft", "accepted; taken from `peft`").without_effect(kSaidElsewhere),
      anything("model_state_dict_keys", "accepted; unused").without_effect(kSaidElsewhere),
  };
}

}  // namespace

Key step_scheduler_section() {
  return mapping(
             "step_scheduler", "batch sizes, the length of the run, and what happens at which step",
             {
                 integer("global_batch_size",
                         "sequences per optimizer step over all data-parallel ranks", 32)
                     .at_least(1),
                 integer("local_batch_size",
                         "sequences per micro-batch and rank; with pipelines: the batch of one "
                         "schedule",
                         1)
                     .at_least(1),
                 integer("num_epochs", "epochs; null: as many as max_steps needs, else 10", 10)
                     .at_least(1)
                     .or_null(),
                 integer("max_steps", "optimizer steps, a hard stop; null: num_epochs decides")
                     .at_least(1)
                     .or_null(),
                 integer("ckpt_every_steps", "steps between checkpoints; null: one epoch", 100)
                     .at_least(1)
                     .or_null(),
                 flag("save_checkpoint_every_epoch", "also save after the last step of each epoch",
                      true),
                 integer("val_every_steps",
                         "steps between validations; null: only when a checkpoint is written")
                     .at_least(1)
                     .or_null(),
                 flag("validate_at_start",
                      "also validate before the first step, to see what is gained", false)
                     .own(),
                 integer(
                     "log_remote_every_steps",
                     "steps between reports to wandb, mlflow and comet; the JSONL has every step",
                     1)
                     .at_least(1),
                 integer("loss_average_window_steps", "window of averaged losses", 50)
                     .at_least(1)
                     .without_effect("each step's own loss is logged"),
                 integer("gc_every_steps", "accepted; there is no garbage collector here")
                     .at_least(1)
                     .or_null()
                     .without_effect("there is no garbage collector"),
                 integer("start_step",
                         "counter of the first step; a restored checkpoint overwrites it", 0)
                     .at_least(0),
                 integer("start_epoch",
                         "counter of the first epoch; a restored checkpoint overwrites it", 0)
                     .at_least(0),
                 preemption_signal(),
                 integer("dp_size", "accepted and ignored").or_absent().without_effect(kOneProcess),
                 anything("dataloader", "accepted and ignored")
                     .without_effect("the section dataloader counts"),
             })
      .always_there();
}

Key lr_scheduler_section() {
  return mapping(
      "lr_scheduler",
      "learning rate and weight decay over the steps; absent: both constant. T is the number of "
      "steps of the run",
      {
          text("lr_decay_style", "shape after the warm-up", "cosine")
              .one_of({"cosine", "linear", "constant", "inverse-square-root", "WSD"}),
          integer("lr_warmup_steps", "steps from init_lr to max_lr")
              .at_least(0)
              .or_null()
              .otherwise("min(1000, T // 10)"),
          integer("lr_decay_steps", "step at which min_lr is reached")
              .at_least(1)
              .or_null()
              .otherwise("T"),
          number("init_lr", "learning rate before the first step")
              .at_least(0)
              .or_null()
              .otherwise("0.1 * optimizer.lr"),
          number("max_lr", "learning rate after the warm-up")
              .at_least(0)
              .or_null()
              .otherwise("optimizer.lr"),
          number("min_lr", "learning rate at the end")
              .at_least(0)
              .or_null()
              .otherwise("0.01 * optimizer.lr"),
          number("start_wd", "weight decay at the start")
              .at_least(0)
              .or_null()
              .otherwise("optimizer.weight_decay"),
          number("end_wd", "weight decay at the end")
              .at_least(0)
              .or_null()
              .otherwise("optimizer.weight_decay"),
          integer("wd_incr_steps", "steps from start_wd to end_wd")
              .at_least(1)
              .or_null()
              .otherwise("T"),
          text("wd_incr_style", "shape of the weight decay", "constant")
              .one_of({"constant", "linear", "cosine"}),
          integer("wsd_decay_steps", "length of the last part of WSD, which needs it")
              .at_least(1)
              .or_null(),
          text("lr_wsd_decay_style", "shape of the last part of WSD")
              .one_of({"linear", "cosine", "exponential", "minus_sqrt"})
              .or_null(),
          flag(
              "use_checkpoint_opt_param_scheduler",
              "on resume the saved schedule counts; false without the next key: this recipe's must "
              "be the same",
              true),
          flag("override_opt_param_scheduler",
               "on resume this recipe's schedule counts; needs the key before it to be false",
               false),
      });
}

Key clip_grad_norm_section() {
  return mapping(
             "clip_grad_norm",
             "gradients are scaled down to this global norm; clipping cannot be switched off, but "
             "a large norm such as 1e9 never clips",
             {number("max_norm", "largest global norm", 1.0).at_least(0).or_absent()})
      .always_there();
}

Key checkpoint_section() {
  std::vector<Key> keys = {
      flag("enabled", "false: nothing is saved or restored; the logs still go to checkpoint_dir",
           true),
      text("checkpoint_dir", "folder of checkpoints and logs", "checkpoints/"),
      text("model_save_format", "safetensors, or torch_save (DCP)", "safetensors")
          .one_of({"safetensors", "torch_save"}),
      flag("save_consolidated",
           "write a Hugging Face folder: true or every, final (at the last checkpoint), "
           "false")
          .one_of({"every|true", "final", "false|never"})
          .in_any_case()
          .defaulting("final"),
      text("restore_from",
           "where the run begins: LATEST (anew if there is none yet), LOWEST_VAL, a checkpoint's "
           "name, or a path; "
           "when repeated it goes on from its own newest one, as it does with null")
          .or_null(),
      flag("is_async", "save in the background", false),
      flag("dequantize_base_checkpoint",
           "dequantise the base model's weights; null: where they are quantised")
          .or_null()
          .without_effect("quantised weights are always dequantised"),
      texts("skip_task_head_prefixes_for_base_model",
            "parameters with these prefixes are not looked for in the base weights; "
            "classifier. and score. mean a classifier's head")
          .or_null(),
      flag("diffusers_compatible", "write files as diffusers expects them", false),
      flag("allow_legacy_pickle_restore", "restore pickled state of old checkpoints", false),
      text("best_metric_key", "of several validation sets the one that defines LOWEST_VAL",
           "default"),
      integer("max_recent_checkpoints",
              "older ones are removed, LATEST and the best of each validation set kept; null: all "
              "stay")
          .at_least(1)
          .or_null(),
      flag("merged_export",
           "at the end of a LoRA run also write the merged model as a Hugging Face "
           "folder",
           false)
          .own(),
  };
  std::ranges::move(checkpoint_keys_of_upstream(), std::back_inserter(keys));
  return mapping("checkpoint", "what is saved and where; an absent section saves", keys)
      .always_there();
}

}  // namespace automodel::config
