#include "checkpoint/export.h"

#include "base/error.h"
#include "base/file.h"
#include "checkpoint/adapter.h"
#include "checkpoint/atomic_folder.h"
#include "tensor/safetensors_shards.h"

namespace automodel::checkpoint {
namespace {

namespace fs = std::filesystem;

void write_weights(const fs::path& folder, const nn::Parameters& parameters,
                   const ExportOptions& options) {
  std::vector<NamedInfo> infos;
  for (const auto& parameter : parameters.all()) {
    if (!is_adapter_name(parameter.spec.name)) {
      infos.push_back({parameter.spec.name, {options.dtype, parameter.spec.shape}});
    }
  }
  const auto value = [&](const std::string& name) {
    return merged_value(parameters, name, options.dtype);
  };
  write_sharded_safetensors(folder, infos, value, options.max_shard_bytes);
}

}  // namespace

Json exported_config(const ModelFolder& source, at::ScalarType dtype) {
  Json config = source.config;
  config.erase("_name_or_path");
  config.erase("quantization_config");
  config["architectures"] = Json::array({source.spec.architecture});
  // Transformers before 4.56 knows only torch_dtype, those after it read both.
  const bool old_name = config.contains("torch_dtype") && !config.contains("dtype");
  config[old_name ? "torch_dtype" : "dtype"] = dtype_name(dtype);
  if (!old_name) {
    config.erase("torch_dtype");
  }
  return config;
}

void write_auxiliary_files(const fs::path& folder, const ModelFolder& source) {
  for (const auto& file : auxiliary_files(source)) {
    make_folders((folder / file).parent_path());
    write_file_atomic(folder / file, read_file(source.path / file));
  }
}

void write_hf_folder(const fs::path& folder, const ModelFolder& source,
                     const nn::Parameters& parameters, const ExportOptions& options) {
  const ErrorContext context("writing the model to {}", folder.string());
  write_weights(folder, parameters, options);
  write_file_atomic(folder / "config.json", exported_config(source, options.dtype).dump(2) + "\n");
  write_auxiliary_files(folder, source);
}

void export_hf_folder(const fs::path& folder, const ModelFolder& source,
                      const nn::Parameters& parameters, const ExportOptions& options) {
  AtomicFolder target(folder);
  write_hf_folder(target.work(), source, parameters, options);
  target.commit();
}

}  // namespace automodel::checkpoint
