#include "checkpoint/adapter.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "checkpoint/adapter_config.h"
#include "tensor/finite.h"
#include "tensor/safetensors.h"
#include "tensor/safetensors_writer.h"

namespace automodel::checkpoint {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kConfigFile = "adapter_config.json";
constexpr std::string_view kTensorFile = "adapter_model.safetensors";
/// PEFT's wrapper around the model that it adapts.
constexpr std::string_view kPeftPrefix = "base_model.model.";
constexpr std::string_view kASuffix = ".lora_A.weight";
constexpr std::string_view kBSuffix = ".lora_B.weight";
constexpr std::string_view kWeightSuffix = ".weight";

/// "<prefix>.lora_A.weight" -> prefix.
std::string prefix_of(std::string_view name, std::string_view suffix) {
  return std::string(name.substr(0, name.size() - suffix.size()));
}

Tensor read_matrix(const SafetensorsFile& file, const std::string& name) {
  const Tensor stored = file.tensor(name);
  check(stored.dim() == 2 && at::isFloatingType(stored.scalar_type()), ErrorKind::corrupt_data,
        "{}: '{}' is {}, expected a matrix of floating point numbers", file.path().string(), name,
        to_string(info_of(stored)));
  check_finite(name, stored);
  return stored.clone();
}

/// Prefixes of the adapted layers; every tensor must be one of their matrices.
std::set<std::string> layer_prefixes(const SafetensorsFile& file) {
  std::set<std::string> prefixes;
  for (const std::string_view name : file.names()) {
    check(name.starts_with(kPeftPrefix) && is_adapter_name(name), ErrorKind::unsupported,
          "{}: the tensor '{}' is no LoRA matrix of a linear layer (expected "
          "'base_model.model.<layer>.lora_A.weight' and '.lora_B.weight')",
          file.path().string(), name);
    prefixes.insert(prefix_of(name.substr(kPeftPrefix.size()), kASuffix));
  }
  check(!prefixes.empty(), ErrorKind::corrupt_data, "{} holds no tensors", file.path().string());
  return prefixes;
}

AdapterLayer read_layer(const SafetensorsFile& file, const std::string& prefix, std::int64_t rank) {
  const auto name = std::string(kPeftPrefix) + prefix;
  AdapterLayer layer{.prefix = prefix,
                     .a_ri = read_matrix(file, name + std::string(kASuffix)),
                     .b_or = read_matrix(file, name + std::string(kBSuffix))};
  check(layer.a_ri.size(0) == rank && layer.b_or.size(1) == rank, ErrorKind::corrupt_data,
        "{}: the matrices of {} are {} and {}, but adapter_config.json says r = {}",
        file.path().string(), prefix, shape_text(layer.a_ri.sizes().vec()),
        shape_text(layer.b_or.sizes().vec()), rank);
  return layer;
}

/// The specs of the linear weights by prefix.
std::map<std::string, spec::ParamSpec> linear_weights(const nn::Parameters& parameters) {
  std::map<std::string, spec::ParamSpec> out;
  for (const auto& parameter : parameters.all()) {
    if (parameter.spec.is_linear) {
      out.emplace(prefix_of(parameter.spec.name, kWeightSuffix), parameter.spec);
    }
  }
  return out;
}

void check_layer_fits(const AdapterLayer& layer, const spec::ParamSpec& weight,
                      const fs::path& path) {
  check(layer.b_or.size(0) == weight.shape[0] && layer.a_ri.size(1) == weight.shape[1],
        ErrorKind::corrupt_data,
        "the adapter {} does not fit the model: {} has lora_A {} and lora_B {}, its weight is {}",
        path.string(), layer.prefix, shape_text(layer.a_ri.sizes().vec()),
        shape_text(layer.b_or.sizes().vec()), shape_text(weight.shape));
}

void add_matrix(nn::Parameters& parameters, const spec::ParamSpec& weight, std::string name,
                const Tensor& value) {
  parameters.add({.name = std::move(name),
                  .shape = value.sizes().vec(),
                  .role = weight.role,
                  .init = {},
                  .is_linear = false,
                  .layer = weight.layer},
                 value);
}

std::string last_name(const std::string& prefix) { return prefix.substr(prefix.rfind('.') + 1); }

/// PEFT adapts every module whose name is an entry or ends with "." and an entry. Last names where
/// all layers of that name are adapted, else full names.
std::vector<std::string> target_modules(const nn::Parameters& parameters) {
  std::map<std::string, std::vector<std::string>> adapted;
  std::set<std::string> partly;
  for (const auto& [prefix, weight] : linear_weights(parameters)) {
    if (parameters.contains(nn::lora_a_name(prefix))) {
      adapted[last_name(prefix)].push_back(prefix);
    } else {
      partly.insert(last_name(prefix));
    }
  }
  std::vector<std::string> targets;
  for (const auto& [name, prefixes] : adapted) {
    if (partly.contains(name)) {
      targets.insert(targets.end(), prefixes.begin(), prefixes.end());
    } else {
      targets.push_back(name);
    }
  }
  return targets;
}

/// alpha from scale = alpha / rank, without the rounding of that division.
double alpha_of(const nn::LoraOptions& options) {
  const double alpha = options.scale * static_cast<double>(options.rank);
  const double whole = std::nearbyint(alpha);
  return std::abs(alpha - whole) <= 1e-12 * std::abs(whole) ? whole : alpha;
}

}  // namespace

bool is_adapter_name(std::string_view name) {
  return name.ends_with(kASuffix) || name.ends_with(kBSuffix);
}

bool is_adapter_folder(const fs::path& folder) { return fs::exists(folder / kConfigFile); }

PeftAdapter read_peft_adapter(const fs::path& folder) {
  const ErrorContext context("reading the adapter {}", folder.string());
  const auto config =
      parse_adapter_config(read_json(folder / kConfigFile), (folder / kConfigFile).string());
  check(fs::exists(folder / kTensorFile) || !fs::exists(folder / "adapter_model.bin"),
        ErrorKind::unsupported,
        "{} has pickled weights (adapter_model.bin) only; save it with safetensors",
        folder.string());
  const SafetensorsFile file(folder / kTensorFile);
  PeftAdapter adapter{
      .path = folder,
      .base_model = config.base_model,
      .options = {.rank = config.rank, .scale = config.scale(), .dropout = config.dropout},
      .layers = {}};
  for (const auto& prefix : layer_prefixes(file)) {
    adapter.layers.push_back(read_layer(file, prefix, config.rank));
  }
  return adapter;
}

nn::Parameters with_adapter(nn::Parameters parameters, const PeftAdapter& adapter) {
  check(parameters.lora() == nn::LoraOptions(), ErrorKind::invalid_argument,
        "the model has an adapter already; merge it before adding {}", adapter.path.string());
  const auto weights = linear_weights(parameters);
  std::vector<std::string> names;
  std::ranges::transform(weights, std::back_inserter(names), [](const auto& w) { return w.first; });
  for (const auto& layer : adapter.layers) {
    const auto weight = weights.find(layer.prefix);
    check(weight != weights.end(), ErrorKind::corrupt_data,
          "the adapter {} does not fit the model: it has no linear layer '{}'{}",
          adapter.path.string(), layer.prefix, did_you_mean(layer.prefix, names));
    check_layer_fits(layer, weight->second, adapter.path);
    add_matrix(parameters, weight->second, nn::lora_a_name(layer.prefix), layer.a_ri);
    add_matrix(parameters, weight->second, nn::lora_b_name(layer.prefix), layer.b_or);
  }
  parameters.set_lora(adapter.options);
  return parameters;
}

Tensor merged_value(const nn::Parameters& parameters, const std::string& name, at::ScalarType dtype,
                    std::optional<std::int64_t> entry) {
  const at::NoGradGuard no_grad;
  const Tensor& whole = parameters.at(name);
  const Tensor value = entry ? whole.select(0, *entry) : whole;
  const auto prefix = name.ends_with(kWeightSuffix) ? prefix_of(name, kWeightSuffix) : "";
  if (!parameters.contains(nn::lora_a_name(prefix))) {
    return value.detach().to(dtype);
  }
  const Tensor a_ri = parameters.at(nn::lora_a_name(prefix)).to(at::kFloat);
  const Tensor b_or = parameters.at(nn::lora_b_name(prefix)).to(at::kFloat);
  return at::addmm(value.to(at::kFloat), b_or, a_ri, 1, parameters.lora().scale).to(dtype);
}

void write_peft_adapter(const fs::path& folder, const nn::Parameters& parameters,
                        const std::string& base_model) {
  std::vector<NamedTensor> tensors;
  for (const auto& parameter : parameters.all()) {
    if (is_adapter_name(parameter.spec.name)) {
      tensors.push_back({std::string(kPeftPrefix) + parameter.spec.name, parameter.value});
    }
  }
  check(!tensors.empty(), ErrorKind::internal, "the model has no adapter to write");
  const auto& options = parameters.lora();
  const AdapterConfig config{.rank = options.rank,
                             .alpha = alpha_of(options),
                             .dropout = options.dropout,
                             .rslora = false,
                             .base_model = base_model,
                             .target_modules = target_modules(parameters)};
  write_safetensors(folder / kTensorFile, tensors);
  write_file_atomic(folder / kConfigFile, render_adapter_config(config).dump(2) + "\n");
}

}  // namespace automodel::checkpoint
