#include "checkpoint/export.h"

#include <algorithm>
#include <map>

#include "base/error.h"
#include "base/file.h"
#include "checkpoint/adapter.h"
#include "checkpoint/atomic_folder.h"
#include "models/classifiers.h"
#include "tensor/gguf_facts.h"
#include "tensor/gguf_vocabulary.h"
#include "tensor/quantised_weights.h"
#include "tensor/safetensors_shards.h"
#include "text/gguf_tokenizer.h"

namespace automodel::checkpoint {
namespace {

namespace fs = std::filesystem;

/// Types of the written tensors, by name.
class WrittenTypes {
 public:
  WrittenTypes(const ModelFolder& source, const nn::Parameters& parameters, at::ScalarType wanted)
      : source_(source),
        parameters_(parameters),
        wanted_(wanted),
        is_own_type_(source.weights && !source.gguf && wanted == stored_dtype(source) &&
                     !weight_format(source.config, source.path.string())) {
    for (const auto& parameter : parameters.all()) {
      by_name_.emplace(parameter.spec.name, &parameter);
    }
  }

  /// The wanted type; but a weight that came in another than the rest of its model goes so, and
  /// one that must not be rounded stays float32, unless it came rounded and has not changed.
  at::ScalarType operator()(const spec::StoredTensor& stored) const {
    const auto& first = *by_name_.at(stored.pieces.front().ours);
    const auto type = first.value.scalar_type();
    const auto came = came_as(stored.name);
    if (came == type) {
      return type;
    }
    const bool keeps =
        type == at::kFloat && std::ranges::all_of(stored.pieces, [&](auto& piece) {
          return nn::loaded_dtype(by_name_.at(piece.ours)->spec, wanted_) == at::kFloat;
        });
    const bool as_it_came = came && std::ranges::all_of(stored.pieces, [&](auto& piece) {
                              return is_exact_as(*came, piece.ours);
                            });
    return keeps && !as_it_came ? type : wanted_;
  }

 private:
  bool is_exact_as(at::ScalarType type, const std::string& name) const {
    const auto& value = parameters_.at(name);
    return !parameters_.adapter_names(spec::without_weight(name)) &&
           at::equal(value, value.to(type).to(value.scalar_type()));
  }

  /// How the tensor is stored, not quantised, in a model that is written in its own type.
  std::optional<at::ScalarType> came_as(const std::string& name) const {
    return is_own_type_ && source_.weights->contains(name)
               ? std::optional(source_.weights->info(name).dtype)
               : std::nullopt;
  }

  const ModelFolder& source_;
  const nn::Parameters& parameters_;
  at::ScalarType wanted_;
  bool is_own_type_;
  std::map<std::string, const nn::Parameter*> by_name_;
};

void write_weights(const fs::path& folder, const ModelFolder& source,
                   const nn::Parameters& parameters, const ExportOptions& options) {
  const StoredLayout& layout = source.layout;
  const WrittenTypes type_of(source, parameters, options.dtype);
  std::vector<NamedInfo> infos;
  std::map<std::string, at::ScalarType> dtypes;
  for (const auto& stored : layout.tensors()) {
    infos.push_back({stored.name, {type_of(stored), stored.shape}});
    dtypes.emplace(stored.name, infos.back().info.dtype);
  }
  const auto value = [&](const std::string& name) {
    return layout.to_stored(name, [&](const spec::Piece& piece) {
      return merged_value(parameters, piece.ours, dtypes.at(name), piece.entry);
    });
  };
  write_sharded_safetensors(folder, infos, value, options.max_shard_bytes);
}

void write_json(const fs::path& file, const Json& json) {
  write_file_atomic(file, json.dump(2) + "\n");
}

/// The ids of special tokens that config.json has, as generation_config.json has them.
Json generation_defaults(const Json& config) {
  Json defaults = Json::object();
  for (const auto* key : {"bos_token_id", "eos_token_id", "pad_token_id"}) {
    if (config.contains(key)) {
      defaults[key] = config[key];
    }
  }
  return defaults;
}

/// What a folder would hold as files, made of a .gguf file's metadata.
void write_gguf_text(const fs::path& folder, const ModelFolder& source) {
  write_json(folder / "generation_config.json", generation_defaults(source.config));
  if (!source.gguf->metadata().contains("tokenizer.ggml.tokens")) {
    return;
  }
  const auto made = text::tokenizer_from_gguf(
      gguf_vocabulary(*source.gguf), GgufFacts(*source.gguf).architecture(), source.path.string());
  write_json(folder / "tokenizer.json", made.tokenizer);
  write_json(folder / "tokenizer_config.json", made.tokenizer_config);
}

}  // namespace

Json exported_config(const ModelFolder& source, at::ScalarType dtype) {
  Json config = source.config;
  config.erase("_name_or_path");
  config.erase("quantization_config");
  config["architectures"] = Json::array({source.spec.architecture});
  if (source.spec.is_classifier()) {
    config.erase("num_labels");  // Transformers counts the entries of id2label
    config.update(models::class_keys(source.config, source.spec.num_labels));
  }
  // Transformers before 4.56 knows only torch_dtype, those after it read both.
  const bool old_name = config.contains("torch_dtype") && !config.contains("dtype");
  config[old_name ? "torch_dtype" : "dtype"] = dtype_name(dtype);
  if (!old_name) {
    config.erase("torch_dtype");
  }
  return config;
}

void write_auxiliary_files(const fs::path& folder, const ModelFolder& source) {
  if (source.gguf) {
    write_gguf_text(folder, source);
  }
  for (const auto& file : auxiliary_files(source)) {
    make_folders((folder / file).parent_path());
    write_file_atomic(folder / file, read_file(source.path / file));
  }
}

void write_hf_folder(const fs::path& folder, const ModelFolder& source,
                     const nn::Parameters& parameters, const ExportOptions& options) {
  const ErrorContext context("writing the model to {}", folder.string());
  write_weights(folder, source, parameters, options);
  write_json(folder / "config.json", exported_config(source, options.dtype));
  write_auxiliary_files(folder, source);
}

void export_hf_folder(const fs::path& folder, const ModelFolder& source,
                      const nn::Parameters& parameters, const ExportOptions& options) {
  AtomicFolder target(folder);
  write_hf_folder(target.work(), source, parameters, options);
  target.commit();
}

}  // namespace automodel::checkpoint
