#include "checkpoint/model_folder.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <set>
#include <span>

#include "base/error.h"
#include "base/text.h"
#include "base/weight_format.h"
#include "models/classifiers.h"
#include "models/find_model.h"
#include "models/overrides.h"
#include "models/registry.h"
#include "tensor/gguf_config.h"
#include "tensor/gguf_weights.h"
#include "tensor/quantised_weights.h"

namespace automodel::checkpoint {
namespace {

namespace fs = std::filesystem;

/// Wildcard patterns of file names.
constexpr auto kTokens =
    std::to_array<std::string_view>({"tokenizer.json", "vocab.json", "vocab.txt", "*.model",
                                     "*.model.v*", "*.tiktoken", "*tekken*.json"});
constexpr auto kBesideTokens = std::to_array<std::string_view>(
    {"tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "merges.txt",
     "chat_template.jinja", "chat_template.json"});
constexpr auto kAuxiliary = std::to_array<std::string_view>(
    {"generation_config.json", "preprocessor_config.json", "processor_config.json", "LICENSE*",
     "NOTICE*", "USE_POLICY*"});
constexpr std::string_view kTemplateFolder = "additional_chat_templates";

/// The files of a folder that match one of the patterns, in order of their names.
std::vector<fs::path> files_like(const fs::path& folder,
                                 std::span<const std::string_view> patterns) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const auto file = entry.path().filename();
    if (entry.is_regular_file() && std::ranges::any_of(patterns, [&](std::string_view pattern) {
          return matches_wildcard(file.string(), pattern);
        })) {
      files.push_back(file);
    }
  }
  std::ranges::sort(files);
  return files;
}

/// What errors about the configuration name.
std::string config_source(const ModelFolder& model) {
  return (model.gguf ? model.path : model.path / "config.json").string();
}

at::ScalarType first_float_dtype(const ModelFolder& model) {
  for (const auto& name : model.weights->names()) {
    const auto dtype = model.weights->info(name).dtype;
    if (at::isFloatingType(dtype)) {
      return dtype;
    }
  }
  return at::kFloat;
}

/// Whether the files hold the body alone, its names without `prefix`.
bool is_body_alone(const std::vector<spec::StoredTensor>& tensors, const WeightSource& weights,
                   const std::string& prefix) {
  const auto starts = [&](const std::string& name) { return name.starts_with(prefix); };
  return std::ranges::none_of(weights.names(), starts) &&
         std::ranges::any_of(tensors, [&](const auto& tensor) {
           return starts(tensor.name) && weights.contains(tensor.name.substr(prefix.size()));
         });
}

/// The files are a language model's: the classifier's head is drawn, their own is left unread.
void replace_head(ModelFolder& model) {
  model.fresh_parameters = {spec::head_weight_name(model.spec)};
  Json config = model.config;
  config.erase("architectures");
  std::set<std::string> used;
  for (const auto& stored : model.layout.tensors()) {
    used.insert(stored.name);
  }
  for (const auto& stored : models::weight_map(models::read_spec(config, config_source(model)))) {
    if (!used.contains(stored.name)) {
      model.ignored_weights.push_back(stored.name);
    }
  }
}

std::unique_ptr<WeightSource> open_weights(const ModelFolder& model) {
  if (model.gguf) {
    return open_gguf_weights(model.gguf);
  }
  const auto format = weight_format(model.config, config_source(model));
  auto stored = open_folder_weights(model.path);
  return format ? dequantised_weights(std::move(stored), *format) : std::move(stored);
}

}  // namespace

Json special_token_ids(const Json& config) {
  Json ids = Json::object();
  for (const auto* key : {"bos_token_id", "eos_token_id", "pad_token_id"}) {
    if (config.contains(key)) {
      ids[key] = config[key];
    }
  }
  return ids;
}

ModelFolder open_model(const std::string& name, const OpenOptions& options) {
  const ErrorContext context("opening the model {}", name);
  ModelFolder model;
  model.name = name;
  model.revision = options.revision;
  model.path = models::find_model(name, options.revision);
  if (!fs::is_directory(model.path)) {
    model.gguf = std::make_shared<const GgufFile>(model.path);
  }
  model.config = model.gguf ? gguf_config(*model.gguf) : read_json(models::config_file(model.path));
  const bool had_classes = models::is_classifier(model.config);
  model.config = models::with_overrides(std::move(model.config), options.config_overrides);
  model.token_ids = special_token_ids(options.config_overrides);
  model.spec = models::read_spec(model.config, config_source(model));
  model.layout = StoredLayout(models::weight_map(model.spec));
  model.modules = models::lora_modules(model.spec);
  model.ignored_weights = models::ignored_weights(model.spec);
  if (options.weights) {
    model.weights = open_weights(model);
    if (model.spec.is_classifier() && (!had_classes || options.fresh_head)) {
      replace_head(model);
    }
    model.layout = layout_of(model.spec, *model.weights);
  }
  return model;
}

StoredLayout layout_of(const spec::ModelSpec& spec, const WeightSource& weights) {
  const StoredLayout usual(models::weight_map(spec));
  const auto prefix = models::body_prefix(spec);
  const bool is_alone = is_body_alone(usual.tensors(), weights, prefix);
  const auto head = models::stored_head_name(spec);
  const auto embedding = usual.stored_names(spec::head_weight_name(spec)).front();
  auto tensors = usual.tensors();
  for (auto& tensor : tensors) {
    const bool is_head = spec.tied_head && tensor.name == embedding;
    if (is_alone && tensor.name.starts_with(prefix)) {
      tensor.name.erase(0, prefix.size());
    }
    if (is_head && !weights.contains(tensor.name) && weights.contains(head)) {
      tensor.name = head;
    }
  }
  return StoredLayout(std::move(tensors));
}

at::ScalarType stored_dtype(const ModelFolder& model) {
  if (const auto dtype = stated_dtype(model.config); !dtype.empty()) {
    return dtype_from_name(dtype);
  }
  return model.weights ? first_float_dtype(model) : at::kFloat;
}

at::ScalarType auto_dtype(const ModelFolder& model) {
  const auto stored = stored_dtype(model);
  return stored == at::kDouble ? at::kFloat : stored;
}

std::vector<fs::path> text_files(const fs::path& folder) {
  auto files = files_like(folder, kTokens);
  std::ranges::move(files_like(folder, kBesideTokens), std::back_inserter(files));
  if (fs::is_directory(folder / kTemplateFolder)) {
    for (const auto& entry : fs::directory_iterator(folder / kTemplateFolder)) {
      files.push_back(fs::path(kTemplateFolder) / entry.path().filename());
    }
  }
  std::ranges::sort(files);
  return files;
}

bool has_tokenizer(const fs::path& folder) { return !files_like(folder, kTokens).empty(); }

std::vector<fs::path> auxiliary_files(const fs::path& folder) {
  return files_like(folder, kAuxiliary);
}

}  // namespace automodel::checkpoint
