#pragma once
// The sections of a recipe that say what is trained on.

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "base/json.h"

namespace automodel::config {

/// `dataset.tokenizer`. One tokenizer serves all loaders.
struct TokenizerSource {
  /// Folder, .gguf file or hub id; the model's where the recipe names none.
  std::string pretrained_model_name_or_path;
  bool add_bos_token = false;
  bool add_eos_token = false;
  /// All keys of the section as resolved.
  Json keys = Json::object();

  bool operator==(const TokenizerSource&) const = default;
};

/// The keys of data sets that may hold a hub id.
inline constexpr auto kHubDataKeys =
    std::to_array<const char*>({"path_or_dataset_id", "path_or_dataset", "dataset_name"});

/// `dataset` and `validation_dataset[_NAME]`.
struct Dataset {
  /// The last two parts of the canonical `_target_`, e.g. "chat_dataset.ChatDataset".
  std::string target;
  /// Every key of the target with its value, defaults included; without `_target_` and `tokenizer`.
  Json keys = Json::object();
  /// null: no tokenizer (`tokenizer: null`, or the model section names no model).
  std::optional<TokenizerSource> tokenizer = TokenizerSource{};

  /// It begins again at its end: a run on it has no epochs, and max_steps alone ends it.
  bool repeats() const {
    return keys.value("repeat_on_exhaustion", target.ends_with("NanogptDataset"));
  }

  bool operator==(const Dataset&) const = default;
};

/// `dataloader` and `validation_dataloader`.
struct Dataloader {
  /// Sequences per micro-batch; null: the data set yields whole batches. Absent in the recipe:
  /// local_batch_size.
  std::optional<std::int64_t> batch_size = 1;
  bool names_batch_size = false;
  /// null: yes for data sets with a length, else no.
  std::optional<bool> shuffle;
  bool group_by_length = false;
  bool drop_last = false;
  /// Megatron data sets: "single" or "cyclic".
  std::string dataloader_type = "single";

  bool operator==(const Dataloader&) const = default;
};

enum class PackingStrategy { thd, neat };

/// What becomes of sequences that are longer than a pack.
enum class LongSamples { refuse, drop, split };

/// `packed_sequence`; size 0 means off.
struct PackedSequence {
  std::int64_t packed_sequence_size = 0;
  PackingStrategy packing_strategy = PackingStrategy::thd;
  std::optional<std::int64_t> max_packs;
  /// Absent: thd refuses them, neat drops them unless drop_long_samples is false.
  LongSamples long_samples = LongSamples::refuse;

  bool operator==(const PackedSequence&) const = default;
};

}  // namespace automodel::config
