#pragma once
// The sections of a recipe that say what is trained and over which ranks.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/recompute.h"

namespace automodel::config {

/// `dist_env`.
struct DistEnv {
  std::string device = "auto";

  bool operator==(const DistEnv&) const = default;
};

enum class Strategy { fsdp2, ddp, megatron_fsdp };

/// `distributed`. Sizes that are null are derived from the number of ranks.
struct Distributed {
  Strategy strategy = Strategy::fsdp2;
  std::optional<std::int64_t> dp_size;
  std::optional<std::int64_t> dp_replicate_size;
  std::int64_t tp_size = 1;
  std::int64_t pp_size = 1;
  std::int64_t cp_size = 1;
  std::int64_t ep_size = 1;
  /// Null: the least that makes the step fit into memory ("auto", ours).
  std::optional<Recompute> activation_checkpointing = Recompute::off;

  bool operator==(const Distributed&) const = default;
};

enum class ModelEntry { from_pretrained, from_config, build_gpt2 };
enum class ModelTask { causal_lm, seq2seq_lm, sequence_classification, image_text_to_text };

/// `model.moe_overrides`: what training does to routers; null: as the family or config.json has it.
struct MoeOverrides {
  std::optional<double> aux_loss_coeff;
  std::optional<double> z_loss_coeff;  // ours
  std::optional<double> gate_bias_update_factor;

  bool operator==(const MoeOverrides&) const = default;
};

/// `model`.
struct ModelSource {
  ModelTask task = ModelTask::causal_lm;
  ModelEntry entry = ModelEntry::from_pretrained;
  /// A folder, a .gguf file or a hub id. With from_config: where config.json comes from; empty if
  /// `config` names none.
  std::string pretrained_model_name_or_path;
  std::optional<std::string> revision;
  /// Not with from_pretrained: the configuration class whose defaults count, e.g. "Qwen3Config";
  /// empty: config.json's.
  std::string config_class;
  /// auto (from_pretrained: the checkpoint's; from_config: bfloat16) or a dtype name: float32,
  /// bfloat16, float16.
  std::string torch_dtype = "auto";
  /// Ours: the type of the arithmetic; auto: bfloat16 for weights of this type where the processor
  /// computes in it, else float32.
  std::string compute_dtype = "auto";
  /// from_config only: load the weights of the named model after all.
  bool load_base_model = false;
  /// Keys of config.json that the recipe overrides, nested as there.
  Json config_overrides = Json::object();
  /// `model.backend` as resolved; empty if absent.
  Json backend = Json::object();
  MoeOverrides moe_overrides;
  /// A classifier's head is drawn anew although the checkpoint has one.
  bool fresh_head = false;

  /// All weights are drawn.
  bool is_fresh() const { return entry != ModelEntry::from_pretrained; }

  bool operator==(const ModelSource&) const = default;
};

enum class DropoutPosition { pre, post };

/// `peft`: LoRA. Which modules are adapted: target_modules or match_all_linear or all but
/// exclude_modules; nothing given means "*_proj". Patterns are matched against a module's name and
/// its full name, '*' is any text.
struct Peft {
  std::vector<std::string> target_modules;
  std::vector<std::string> exclude_modules;
  bool match_all_linear = false;
  std::int64_t dim = 8;
  double alpha = 32;
  bool use_dora = false;
  double dropout = 0;
  DropoutPosition dropout_position = DropoutPosition::post;
  /// "xavier", else kaiming.
  std::string lora_a_init = "xavier";
  std::optional<std::string> lora_dtype;
  /// A folder or hub id of an adapter that training begins with; none: fresh matrices.
  std::optional<std::string> adapter_name_or_path;

  bool operator==(const Peft&) const = default;
};

}  // namespace automodel::config
