#include "checkpoint/export.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <utility>

#include "base/error.h"
#include "base/file.h"
#include "base/known.h"
#include "checkpoint/adapter.h"
#include "checkpoint/atomic_folder.h"
#include "models/classifiers.h"
#include "models/registry.h"
#include "tensor/gguf_facts.h"
#include "tensor/gguf_vocabulary.h"
#include "tensor/quantised_weights.h"
#include "tensor/safetensors_shards.h"
#include "text/first_token.h"
#include "text/gguf_tokenizer.h"
#include "text/mistral_split.h"
#include "text/tokenizer_config.h"
#include "text/tokenizer_files.h"

namespace automodel::checkpoint {
namespace {

namespace fs = std::filesystem;

/// Types of the written tensors, by name.
class WrittenTypes {
 public:
  WrittenTypes(const ModelFolder& source, const nn::Parameters& parameters,
               std::optional<at::ScalarType> wanted)
      : source_(source),
        parameters_(parameters),
        converts_(wanted),
        wanted_(wanted.value_or(stored_dtype(source))),
        is_own_type_(source.weights && !source.gguf && wanted_ == stored_dtype(source) &&
                     !weight_format(source.config, source.path.string())) {
    for (const auto& parameter : parameters.all()) {
      by_name_.emplace(parameter.spec.name, &parameter);
    }
  }

  /// The wanted type, without one that in which the weight came; but one that must not be rounded
  /// stays float32, unless it came rounded and has not changed.
  at::ScalarType operator()(const spec::StoredTensor& stored) const {
    const auto& first = *by_name_.at(stored.pieces.front().ours);
    const auto type = first.value.scalar_type();
    const auto came = came_as(stored.name);
    const bool keeps =
        type == at::kFloat && std::ranges::all_of(stored.pieces, [&](auto& piece) {
          return nn::loaded_dtype(by_name_.at(piece.ours)->spec, wanted_) == at::kFloat;
        });
    if (came == type && (keeps || !converts_)) {
      return type;
    }
    const auto as_it_came = [&] {  // which takes long to see
      return came && std::ranges::all_of(stored.pieces, [&](auto& piece) {
               return is_exact_as(*came, piece.ours);
             });
    };
    if (!converts_ && as_it_came()) {
      return known(came);
    }
    return keeps && !as_it_came() ? type : wanted_;
  }

 private:
  /// Found once for all tensors that are stored of a parameter: experts are many.
  bool is_exact_as(at::ScalarType type, const std::string& name) const {
    const auto [found, is_new] = exact_.try_emplace({name, type}, false);
    if (is_new) {
      const auto& value = parameters_.at(name);
      found->second = !parameters_.adapter_names(spec::without_weight(name)) &&
                      at::equal(value, value.to(type).to(value.scalar_type()));
    }
    return found->second;
  }

  /// How the tensor is stored, not quantised, in a model that is written in its own type.
  std::optional<at::ScalarType> came_as(const std::string& name) const {
    return is_own_type_ && source_.weights->contains(name)
               ? std::optional(source_.weights->info(name).dtype)
               : std::nullopt;
  }

  const ModelFolder& source_;
  const nn::Parameters& parameters_;
  bool converts_;
  at::ScalarType wanted_;
  bool is_own_type_;
  std::map<std::string, const nn::Parameter*> by_name_;
  mutable std::map<std::pair<std::string, at::ScalarType>, bool> exact_;
};

/// The type of most values; `otherwise` wins a draw.
at::ScalarType main_type(const std::vector<NamedInfo>& infos, at::ScalarType otherwise) {
  std::map<at::ScalarType, std::int64_t> sizes = {{otherwise, 0}};
  for (const auto& one : infos) {
    sizes[one.info.dtype] += num_elements(one.info).value_or(0);
  }
  auto type = otherwise;
  for (const auto& [candidate, size] : sizes) {
    type = size > sizes.at(type) ? candidate : type;
  }
  return type;
}

/// As the source's files have the model. But a body that was saved alone is, with a classifier's
/// head, no body any more: Transformers before 5 finds such names only with the body's prefix.
StoredLayout written_layout(const ModelFolder& source) {
  return source.spec.is_classifier() ? StoredLayout(models::weight_map(source.spec))
                                     : source.layout;
}

/// Returns what config.json is to name as their type.
at::ScalarType write_weights(const fs::path& folder, const ModelFolder& source,
                             const nn::Parameters& parameters, const ExportOptions& options) {
  const StoredLayout layout = written_layout(source);
  const WrittenTypes type_of(source, parameters, options.dtype);
  std::vector<NamedInfo> infos;
  std::map<std::string, at::ScalarType> dtypes;
  for (std::size_t i = 0; i < layout.tensors().size(); ++i) {
    const auto& written = layout.tensors()[i];
    infos.push_back({written.name, {type_of(source.layout.tensors()[i]), written.shape}});
    dtypes.emplace(written.name, infos.back().info.dtype);
  }
  const auto value = [&](const std::string& name) {
    return layout.to_stored(name, [&](const spec::Piece& piece) {
      return merged_value(parameters, piece.ours, dtypes.at(name), piece.entry);
    });
  };
  write_sharded_safetensors(folder, infos, value, options.max_shard_bytes);
  return options.dtype ? *options.dtype : main_type(infos, stored_dtype(source));
}

void write_json(const fs::path& file, const Json& json) {
  write_file_atomic(file, json.dump(2) + "\n");
}

void copy_files(const fs::path& from, const std::vector<fs::path>& files, const fs::path& to) {
  for (const auto& file : files) {
    make_folders((to / file).parent_path());
    write_file_atomic(to / file, read_file(from / file));
  }
}

/// The tokenizer that a .gguf file's metadata holds, as files.
void write_gguf_text(const fs::path& folder, const GgufFile& file) {
  if (!file.metadata().contains("tokenizer.ggml.tokens")) {
    return;
  }
  const auto made = text::tokenizer_from_gguf(gguf_vocabulary(file), GgufFacts(file).architecture(),
                                              file.path().string());
  write_json(folder / "tokenizer.json", made.tokenizer);
  write_json(folder / "tokenizer_config.json", made.tokenizer_config);
}

/// Writes templates, by name, in place of all others into the files that count before the rest.
void set_templates(const fs::path& folder, const Json& templates) {
  for (const auto& file : text_files(folder)) {
    if (file.string().starts_with("chat_template.") || file.has_parent_path()) {
      fs::remove(folder / file);
    }
  }
  for (const auto& [name, source] : templates.items()) {
    const fs::path file = name == "default"
                              ? fs::path("chat_template.jinja")
                              : fs::path("additional_chat_templates") / (name + ".jinja");
    make_folders((folder / file).parent_path());
    write_file_atomic(folder / file, source.get<std::string>());
  }
}

/// Writes keys of tokenizer_config.json also where they would count before it.
void set_text_keys(const fs::path& folder, Json keys) {
  const bool has_template = keys.contains("chat_template");
  if (has_template) {
    set_templates(folder, keys.at("chat_template"));
    keys.erase("chat_template");
  }
  for (const char* name : {"tokenizer_config.json", "special_tokens_map.json"}) {
    const bool is_map = std::string_view(name) == "special_tokens_map.json";
    if (is_map && !fs::exists(folder / name)) {
      continue;
    }
    Json content = text::read_object(folder / name);
    if (has_template) {
      content.erase("chat_template");
    }
    for (const auto& [key, value] : keys.items()) {
      if (!is_map || (key.ends_with("_token") && value.is_string())) {
        content[key] = value;
      }
    }
    write_json(folder / name, content);
  }
}

/// Puts the BOS token before every text, as Transformers reads it from tokenizer.json alone.
void put_bos_first(const fs::path& folder) {
  const fs::path file = folder / "tokenizer.json";
  const auto loaded = text::load_tokenizer(folder);
  const auto bos = loaded.config.bos_token.value_or("");
  if (const auto id = loaded.tokenizer.token_to_id(bos); id && fs::exists(file)) {
    write_json(file, text::with_first_token(text::read_object(file), bos, *id));
  }
}

/// Splits as the run did, whatever config.json a reader finds beside the tokenizer.
void put_mistral_split(const fs::path& folder) {
  if (const fs::path file = folder / "tokenizer.json"; fs::exists(file)) {
    write_json(file, text::with_mistral_split(text::read_object(file)));
  }
}

/// Of several ids that end an answer the new one is the first; of other tokens it is the only one.
/// Source: Transformers' Trainer.
Json with_ids(Json defaults, const Json& ids) {
  for (const auto& [key, id] : ids.items()) {
    Json all = Json::array({id});
    const auto old = key == "eos_token_id" ? defaults.find(key) : defaults.end();
    if (old != defaults.end() && !old->is_null()) {
      std::ranges::copy(old->is_array() ? *old : Json::array({*old}), std::back_inserter(all));
    }
    defaults[key] = all.size() == 1 ? id : all;
  }
  return defaults;
}

Json with_answer_ends(Json defaults, const ModelFolder& source) {
  for (const std::int32_t id :
       source.text ? source.text->answer_ends : std::vector<std::int32_t>()) {
    defaults = with_ids(std::move(defaults), {{"eos_token_id", id}});
  }
  return defaults;
}

/// Has the copies mean the tokenizer that the run took, whichever config.json lies beside them now.
void keep_class(const fs::path& folder, const fs::path& from, const ModelFolder& source) {
  const bool is_told = source.text && !source.text->model_config.is_null();
  const auto kept =
      text::files_beside(from, is_told ? source.text->model_config : text::model_config_in(from),
                         text::model_config_in(folder));
  if (!kept) {
    return;
  }
  if (!kept->tokenizer.is_null()) {
    write_json(folder / "tokenizer.json", kept->tokenizer);
  }
  set_text_keys(folder, kept->tokenizer_config);
}

void write_text_files(const fs::path& folder, const ModelFolder& source) {
  const fs::path from = source.text ? source.text->folder : source.path;
  if (fs::is_directory(from)) {
    copy_files(from, text_files(from), folder);
    keep_class(folder, from, source);
  } else {
    write_gguf_text(folder, source.gguf && from == source.path ? *source.gguf : GgufFile(from));
  }
  if (source.text && !source.text->keys.empty()) {
    set_text_keys(folder, source.text->keys);
    if (source.text->keys.contains("add_bos_token")) {
      put_bos_first(folder);
    }
    if (source.text->keys.value("fix_mistral_regex", false)) {
      put_mistral_split(folder);
    }
  }
}

}  // namespace

Json exported_config(const ModelFolder& source, at::ScalarType dtype) {
  Json config = source.config;
  config.erase("_name_or_path");
  config.erase("quantization_config");
  config.erase("auto_map");  // names Python files that the folder does not have
  config["architectures"] = Json::array({source.spec.architecture});
  if (source.spec.is_classifier()) {
    config.erase("num_labels");  // Transformers counts the entries of id2label
    config.update(models::class_keys(source.config, source.spec.num_labels));
  }
  if (source.text) {
    config.update(source.text->ids);
    config = with_answer_ends(std::move(config), source);
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
  write_text_files(folder, source);
  const fs::path generation = folder / "generation_config.json";
  const Json ids = source.text ? source.text->ids : Json::object();
  if (source.gguf) {
    write_json(generation,
               with_answer_ends(with_ids(special_token_ids(source.config), ids), source));
    return;
  }
  copy_files(source.path, auxiliary_files(source.path), folder);
  const bool has_ends = source.text && !source.text->answer_ends.empty();
  const bool has_others = !ids.empty() || !source.token_ids.empty() || has_ends;
  if (has_others && fs::exists(generation)) {
    Json defaults = text::read_object(generation);
    defaults.update(source.token_ids);
    write_json(generation, with_answer_ends(with_ids(std::move(defaults), ids), source));
  }
}

at::ScalarType write_hf_folder(const fs::path& folder, const ModelFolder& source,
                               const nn::Parameters& parameters, const ExportOptions& options) {
  const ErrorContext context("writing the model to {}", folder.string());
  const auto dtype = write_weights(folder, source, parameters, options);
  write_json(folder / "config.json", exported_config(source, dtype));
  write_auxiliary_files(folder, source);
  return dtype;
}

at::ScalarType export_hf_folder(const fs::path& folder, const ModelFolder& source,
                                const nn::Parameters& parameters, const ExportOptions& options) {
  AtomicFolder target(folder);
  const auto dtype = write_hf_folder(target.work(), source, parameters, options);
  target.commit();
  return dtype;
}

}  // namespace automodel::checkpoint
