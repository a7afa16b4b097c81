#include "tensor/safetensors_shards.h"

#include <algorithm>
#include <cctype>
#include <set>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/text.h"

namespace automodel {
namespace {

namespace fs = std::filesystem;

void name_files(std::vector<WeightShard>& shards) {
  for (std::size_t i = 0; i < shards.size(); ++i) {
    shards[i].file = shards.size() == 1
                         ? std::string(kWeightsFile)
                         : fmt::format("model-{:05}-of-{:05}.safetensors", i + 1, shards.size());
  }
}

using SortedJson = nlohmann::json;

/// As Python's json.dumps(index, indent=2, sort_keys=True).
std::string render_index(std::span<const WeightShard> shards) {
  SortedJson weight_map = SortedJson::object();
  std::int64_t total_size = 0;
  std::int64_t total_parameters = 0;
  for (const WeightShard& shard : shards) {
    for (const auto& [name, info] : shard.tensors) {
      weight_map[name] = shard.file;
      total_size += num_bytes(info);
      total_parameters += num_elements(info).value_or(0);
    }
  }
  const SortedJson metadata{{"total_parameters", total_parameters}, {"total_size", total_size}};
  return SortedJson{{"metadata", metadata}, {"weight_map", weight_map}}.dump(2) + "\n";
}

bool is_weights_name(const std::string& file) {
  return file == kWeightsFile || file == kWeightsIndexFile ||
         (file.size() == std::string_view("model-00001-of-00001.safetensors").size() &&
          matches_wildcard(file, "model-*-of-*.safetensors"));
}

void remove_leftovers(const fs::path& folder, std::span<const WeightShard> shards) {
  std::set<std::string> wanted;
  for (const WeightShard& shard : shards) {
    wanted.insert(shard.file);
  }
  if (shards.size() > 1) {
    wanted.insert(std::string(kWeightsIndexFile));
  }
  std::vector<fs::path> leftovers;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string file = entry.path().filename().string();
    if (is_weights_name(file) && !wanted.contains(file)) {
      leftovers.push_back(entry.path());
    }
  }
  for (const fs::path& path : leftovers) {
    std::error_code error;
    fs::remove(path, error);
    check(!error, ErrorKind::io, "cannot remove {} of an earlier save: {}", path.string(),
          error.message());
  }
}

}  // namespace

std::vector<WeightShard> plan_shards(std::span<const NamedInfo> tensors,
                                     std::int64_t max_shard_bytes) {
  check(max_shard_bytes > 0, ErrorKind::invalid_argument,
        "the largest size of a weight file must be positive, not {} bytes", max_shard_bytes);
  std::vector<WeightShard> shards;
  WeightShard current;
  std::int64_t current_bytes = 0;
  for (const NamedInfo& tensor : tensors) {
    const std::int64_t bytes = num_bytes(tensor.info);
    if (bytes > max_shard_bytes) {
      shards.push_back({.file = {}, .tensors = {tensor}});
      continue;
    }
    if (bytes > max_shard_bytes - current_bytes) {
      shards.push_back(std::exchange(current, {}));
      current_bytes = 0;
    }
    current.tensors.push_back(tensor);
    current_bytes += bytes;
  }
  if (!current.tensors.empty() || shards.empty()) {
    shards.push_back(std::move(current));
  }
  name_files(shards);
  return shards;
}

void write_sharded_safetensors(const fs::path& folder, std::span<const NamedInfo> tensors,
                               const TensorProvider& provider, std::int64_t max_shard_bytes) {
  const auto shards = plan_shards(tensors, max_shard_bytes);
  for (const WeightShard& shard : shards) {
    write_safetensors(folder / shard.file, shard.tensors, provider);
  }
  if (shards.size() > 1) {
    write_file_atomic(folder / kWeightsIndexFile, render_index(shards));
  }
  remove_leftovers(folder, shards);
}

}  // namespace automodel
