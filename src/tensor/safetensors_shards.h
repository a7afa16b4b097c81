#pragma once
// A model's weights as Transformers lays them out in a folder: one file, or several with an index.

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "base/safetensors_text.h"
#include "tensor/safetensors_writer.h"

namespace automodel {

/// One file of a model: its name inside the folder and what it holds.
struct WeightShard {
  std::string file;
  std::vector<NamedInfo> tensors;
};

/// Fills files in the given order up to `max_shard_bytes` each; a larger tensor gets a file of its
/// own. One file is named model.safetensors, several model-00001-of-0000N.safetensors. Source:
/// huggingface_hub split_state_dict_into_shards_factory.
std::vector<WeightShard> plan_shards(std::span<const NamedInfo> tensors,
                                     std::int64_t max_shard_bytes);

/// Writes the weights of a model into an existing folder, and model.safetensors.index.json (with
/// total_size and total_parameters, as Transformers does) if there is more than one file. Weight
/// files of an earlier save under those names that are no longer part of the model are removed
/// afterwards. The default of max_shard_bytes is that of Transformers 5. Throws as
/// write_safetensors.
void write_sharded_safetensors(const std::filesystem::path& folder,
                               std::span<const NamedInfo> tensors, const TensorProvider& provider,
                               std::int64_t max_shard_bytes = 50'000'000'000);

}  // namespace automodel
