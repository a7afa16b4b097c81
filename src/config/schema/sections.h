#pragma once
// The table of all recipe keys, one source file per group of sections. Source: the sections as
// NVIDIA NeMo AutoModel 0.5.0 reads them.

#include "config/key.h"

namespace automodel::config {

/// Why keys have no effect here.
inline constexpr const char* kOneProcess = "one process does the training";
inline constexpr const char* kOwnKernels = "the kernels here are the program's own";
inline constexpr const char* kCompiledAhead = "the kernels here are compiled ahead";
inline constexpr const char* kForGpus = "for GPUs";
inline constexpr const char* kNoTowers = "a language model has no towers";
inline constexpr const char* kNoRemoteCode = "no code of a checkpoint is ever run";
inline constexpr const char* kHubCache = "HF_HUB_CACHE says where the hub's cache is";

/// The whole recipe: a mapping of sections, in the order in which they are printed.
Key recipe_key();

Key recipe_section();
/// A recipe of upstream whose sections are not in the table, and what it trains.
struct OtherKind {
  std::string name;
  std::string trains;
};
std::vector<OtherKind> other_kinds();
Key step_scheduler_section();
Key lr_scheduler_section();
Key clip_grad_norm_section();
Key optimizer_section();
Key loss_section(std::string name);
Key checkpoint_section();
Key dist_env_section();
Key distributed_section(std::string name);
Key pipeline_key(std::string name);
Key model_section(std::string name);
Key backend_key();
/// Keys of config.json that recipes override most and whose types are therefore known here.
std::vector<Key> architecture_keys();
/// Keys of model.moe_overrides that change the architecture.
std::vector<std::string> moe_architecture_names();
Key peft_section();
Key quantization_section();
Key fp8_section();
Key qat_section();
Key dataset_section(std::string name);
Key tokenizer_key();
Key dataloader_section(std::string name);
Key packed_sequence_section();
/// compile, neftune, mfu, benchmark, knowledge distillation and other small sections.
std::vector<Key> small_sections();
/// wandb, mlflow, comet and the launchers.
std::vector<Key> logging_sections();
/// Names that recipes carry but nothing reads.
std::vector<Key> dead_sections();

}  // namespace automodel::config
