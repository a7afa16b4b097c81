#include "config/schema/foreign_names.h"

#include <algorithm>
#include <array>

namespace automodel::config {
namespace {

constexpr std::string_view kTruncation = "with truncation: true";
constexpr std::string_view kSteps = "in steps";
constexpr std::string_view kProduct = "local_batch_size times the micro-batches of a step";
constexpr std::string_view kPackTokens = "the tokens of a pack";
constexpr std::string_view kHeldOut =
    "train[90%:] of the same files, beside dataset.split train[:90%]";

constexpr std::string_view kBetas = "both in a list";
constexpr std::string_view kTextColumn = "{answer: text} of a ColumnMappedTextInstructionDataset";
constexpr std::string_view kBest =
    "no run is ended early; its best checkpoint is LOWEST_VAL, of which 'automodel convert' makes "
    "a model";
constexpr std::string_view kWholeLayers =
    "beside adapters no whole layers are trained; without the section peft all are";

constexpr auto kNames = std::to_array<ForeignName>({
    {"adam_beta1", "optimizer.betas", kBetas},
    {"adam_beta2", "optimizer.betas", kBetas},
    {"adam_epsilon", "optimizer.eps"},
    {"adapter_name_or_path", "peft.adapter_name_or_path"},
    {"additional_target", "", kWholeLayers},
    {"apply_lora_to_mlp", "peft.target_modules", "mlp"},
    {"assistant_only_loss", "dataset.roles_to_train", "by default the assistant alone"},
    {"base_model", "model.pretrained_model_name_or_path"},
    {"batch_size", "step_scheduler.local_batch_size"},
    {"bf16", "model.torch_dtype",
     "bfloat16; model.compute_dtype: bfloat16 alone keeps float32 weights"},
    {"completion_only_loss", "dataset.answer_only_loss_mask"},
    {"cutoff_len", "dataset.seq_length", kTruncation},
    {"data_files", "dataset.path_or_dataset_id"},
    {"dataset_text_field", "dataset.column_mapping", kTextColumn},
    {"early_stopping_patience", "", kBest},
    {"early_stopping_threshold", "", kBest},
    {"enable_activation_checkpointing", "distributed.activation_checkpointing"},
    {"epochs", "step_scheduler.num_epochs"},
    {"eval_steps", "step_scheduler.val_every_steps"},
    {"eval_strategy", "step_scheduler.val_every_steps", kSteps},
    {"evaluation_strategy", "step_scheduler.val_every_steps", kSteps},
    {"fp16", "model.torch_dtype", "float32 or bfloat16"},
    {"global_batch_size", "step_scheduler.global_batch_size"},
    {"gradient_accumulation_steps", "step_scheduler.global_batch_size", kProduct},
    {"gradient_checkpointing", "distributed.activation_checkpointing"},
    {"init_lora_weights", "peft.lora_A_init"},
    {"label_smoothing_factor", "loss_fn.label_smoothing"},
    {"layers_to_transform", "peft.target_modules", "patterns such as '*.layers.0.*'"},
    {"learning_rate", "optimizer.lr"},
    {"load_best_model_at_end", "", kBest},
    {"local_batch_size", "step_scheduler.local_batch_size"},
    {"logging_steps", "step_scheduler.log_remote_every_steps", "training.jsonl has every step"},
    {"lora_alpha", "peft.alpha"},
    {"lora_attn_modules", "peft.target_modules"},
    {"lora_dropout", "peft.dropout"},
    {"lora_model_dir", "peft.adapter_name_or_path"},
    {"lora_r", "peft.dim"},
    {"lora_rank", "peft.dim"},
    {"lora_target", "peft.target_modules"},
    {"lora_target_linear", "peft.match_all_linear"},
    {"lora_target_modules", "peft.target_modules"},
    {"lr_scheduler_type", "lr_scheduler.lr_decay_style"},
    {"mask_prompt", "dataset.answer_only_loss_mask"},
    {"max_grad_norm", "clip_grad_norm.max_norm"},
    {"max_length", "dataset.seq_length", kTruncation},
    {"max_seq_len", "dataset.seq_length", kTruncation},
    {"max_seq_length", "dataset.seq_length", kTruncation},
    {"max_steps", "step_scheduler.max_steps"},
    {"metric_for_best_model", "", kBest},
    {"micro_batch_size", "step_scheduler.local_batch_size"},
    {"model_name_or_path", "model.pretrained_model_name_or_path"},
    {"modules_to_save", "", kWholeLayers},
    {"neftune_noise_alpha", "neftune.noise_alpha"},
    {"num_epochs", "step_scheduler.num_epochs"},
    {"num_train_epochs", "step_scheduler.num_epochs"},
    {"num_warmup_steps", "lr_scheduler.lr_warmup_steps"},
    {"optim", "optimizer", "_target_: torch.optim.AdamW"},
    {"out_dir", "checkpoint.checkpoint_dir"},
    {"output_dir", "checkpoint.checkpoint_dir"},
    {"packed", "packed_sequence.packed_sequence_size", kPackTokens},
    {"packing", "packed_sequence.packed_sequence_size", kPackTokens},
    {"per_device_eval_batch_size", "validation_dataloader.batch_size"},
    {"per_device_train_batch_size", "step_scheduler.local_batch_size"},
    {"r", "peft.dim"},
    {"random_state", "seed"},
    {"rank", "peft.dim"},
    {"resume_from_checkpoint", "checkpoint.restore_from"},
    {"sample_packing", "packed_sequence.packed_sequence_size", kPackTokens},
    {"save_steps", "step_scheduler.ckpt_every_steps"},
    {"save_strategy", "step_scheduler.ckpt_every_steps", kSteps},
    {"save_total_limit", "checkpoint.max_recent_checkpoints"},
    {"sequence_len", "dataset.seq_length", kTruncation},
    {"train_on_input", "dataset.roles_to_train", "[system, user, assistant]"},
    {"train_on_inputs", "dataset.roles_to_train", "[system, user, assistant]"},
    {"train_on_prompt", "dataset.roles_to_train", "[system, user, assistant]"},
    {"use_dora", "peft.use_dora"},
    {"use_gradient_checkpointing", "distributed.activation_checkpointing"},
    {"use_rslora", "peft.alpha", "alpha * sqrt(dim) is the same scale"},
    {"val_set_size", "validation_dataset.split", kHeldOut},
    {"val_size", "validation_dataset.split", kHeldOut},
    {"val_split_fraction", "validation_dataset.split", kHeldOut},
    {"warmup_ratio", "lr_scheduler.lr_warmup_steps", kSteps},
    {"warmup_steps", "lr_scheduler.lr_warmup_steps"},
    {"weight_decay", "optimizer.weight_decay"},
});

}  // namespace

std::span<const ForeignName> foreign_names() { return kNames; }

const ForeignName* find_foreign_name(std::string_view name) {
  const auto* found = std::ranges::find(kNames, name, &ForeignName::name);
  return found == kNames.end() ? nullptr : found;
}

}  // namespace automodel::config
