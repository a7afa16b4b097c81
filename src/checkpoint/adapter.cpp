#include "checkpoint/adapter.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <set>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/known.h"
#include "base/pointer.h"
#include "base/text.h"
#include "models/classifiers.h"
#include "tensor/finite.h"
#include "tensor/safetensors.h"
#include "tensor/safetensors_writer.h"
#include "tensor/weights.h"

namespace automodel::checkpoint {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kConfigFile = "adapter_config.json";
constexpr std::string_view kTensorFile = "adapter_model.safetensors";
/// PEFT's wrapper around the model that it adapts.
constexpr std::string_view kPeftPrefix = "base_model.model.";
constexpr std::string_view kASuffix = ".lora_A.weight";
constexpr std::string_view kBSuffix = ".lora_B.weight";
constexpr const char* kHead = "score.weight";
/// Between the names of a module and of what it is wrapped in.
constexpr std::string_view kBaseLayer = ".base_layer";
/// What a layer has of its own. PEFT stores that of an adapted head beside its matrices.
constexpr auto kBaseParts = std::to_array<std::string_view>({"weight", "bias"});

/// "<prefix>.lora_A.weight" -> prefix.
std::string prefix_of(std::string_view name, std::string_view suffix) {
  return std::string(name.substr(0, name.size() - suffix.size()));
}

Tensor read_numbers(const SafetensorsFile& file, const std::string& name) {
  const Tensor stored = file.tensor(name);
  check(at::isFloatingType(stored.scalar_type()), ErrorKind::corrupt_data,
        "{}: '{}' is {}, expected floating point numbers", file.path().string(), name,
        to_string(info_of(stored)));
  check_finite(name, stored);
  return stored.clone();
}

Tensor read_matrix(const SafetensorsFile& file, const std::string& name) {
  check(file.info(name).shape.size() == 2, ErrorKind::corrupt_data,
        "{}: '{}' is {}, expected a matrix", file.path().string(), name,
        to_string(file.info(name)));
  return read_numbers(file, name);
}

std::string base_name(const std::string& layer, std::string_view part) {
  return fmt::format("{}{}.{}", layer, kBaseLayer, part);
}

/// A layer's own value, beside its matrices.
bool is_base_value(const SafetensorsFile& file, std::string_view name) {
  return std::ranges::any_of(kBaseParts, [&](std::string_view part) {
    const auto suffix = base_name("", part);
    return name.ends_with(suffix) && file.contains(prefix_of(name, suffix) + std::string(kASuffix));
  });
}

/// Prefixes of the adapted layers; every tensor must be one of their matrices.
std::set<std::string> layer_prefixes(const SafetensorsFile& file, bool has_head) {
  std::set<std::string> prefixes;
  for (const std::string_view name : file.names()) {
    if (has_head && name == std::string(kPeftPrefix) + kHead) {
      continue;
    }
    if (is_base_value(file, name)) {
      continue;
    }
    check(
        name.starts_with(kPeftPrefix) && is_adapter_name(name), ErrorKind::unsupported,
        "{}: the tensor '{}' is no LoRA matrix of a linear layer (expected "
        "'base_model.model.<layer>.lora_A.weight' and '.lora_B.weight'). PEFT stores whole weights "
        "where it trained them or the vocabulary was enlarged: merge such an adapter with PEFT "
        "(merge_and_unload) and use the merged model",
        file.path().string(), name);
    prefixes.insert(prefix_of(name.substr(kPeftPrefix.size()), kASuffix));
  }
  check(!prefixes.empty(), ErrorKind::corrupt_data, "{} holds no tensors", file.path().string());
  return prefixes;
}

Tensor read_head(const SafetensorsFile& file) {
  const auto name = std::string(kPeftPrefix) + kHead;
  check(file.contains(name), ErrorKind::corrupt_data,
        "{}: there is no tensor '{}', the classifier's head that modules_to_save of {} names",
        file.path().string(), name, kConfigFile);
  return read_matrix(file, name);
}

AdapterLayer read_layer(const SafetensorsFile& file, const std::string& prefix) {
  const auto name = std::string(kPeftPrefix) + prefix;
  AdapterLayer layer{.prefix = prefix,
                     .a_ri = read_matrix(file, name + std::string(kASuffix)),
                     .b_or = read_matrix(file, name + std::string(kBSuffix))};
  for (const auto part : kBaseParts) {
    if (const auto base = base_name(name, part); file.contains(base)) {
      layer.base.emplace(part, read_numbers(file, base));
    }
  }
  check(layer.b_or.size(1) == layer.a_ri.size(0), ErrorKind::corrupt_data,
        "{}: the matrices of {} are {} and {}, which have no rank in common", file.path().string(),
        prefix, shape_text(layer.a_ri.sizes().vec()), shape_text(layer.b_or.sizes().vec()));
  return layer;
}

/// "x.base_layer.base_layer" -> "x".
std::string owner_of(std::string prefix) {
  while (prefix.ends_with(kBaseLayer)) {
    prefix.erase(prefix.size() - kBaseLayer.size());
  }
  return prefix;
}

/// The modules that an adapter may mean: those of its layers' owners, of an owner's several
/// parameters those that the configuration lists, if it lists any.
std::vector<spec::LoraModule> meant_modules(const PeftAdapter& adapter,
                                            std::span<const spec::LoraModule> modules) {
  std::set<std::string> owners;
  for (const auto& layer : adapter.layers) {
    owners.insert(owner_of(layer.prefix));
  }
  const auto& config = adapter.config;
  std::vector<spec::LoraModule> out;
  std::ranges::copy_if(modules, std::back_inserter(out), [&](const spec::LoraModule& module) {
    return owners.contains(module.owner) &&
           (module.name == module.owner || config.target_parameters.empty() ||
            config.lists(module.weight.name));
  });
  return out;
}

void check_layer_fits(const AdapterLayer& layer, const spec::LoraModule& module, std::int64_t rank,
                      const fs::path& path) {
  const auto expected = peft_shapes(module, rank);
  check(layer.a_ri.sizes() == expected.a && layer.b_or.sizes() == expected.b,
        ErrorKind::corrupt_data,
        "the adapter {} does not fit the model: {} has lora_A {} and lora_B {}, expected {} and {} "
        "for rank {} and the weight {} of {}",
        path.string(), layer.prefix, shape_text(layer.a_ri.sizes().vec()),
        shape_text(layer.b_or.sizes().vec()), shape_text(expected.a), shape_text(expected.b), rank,
        module.weight.name, shape_text(module.weight.shape));
}

/// Those whose adapters are among the parameters.
std::vector<spec::LoraModule> adapted_modules(const nn::Parameters& parameters,
                                              std::span<const spec::LoraModule> modules) {
  std::vector<spec::LoraModule> out;
  std::ranges::copy_if(modules, std::back_inserter(out), [&](const spec::LoraModule& module) {
    return parameters.contains(nn::lora_a_name(module.name));
  });
  return out;
}

ModuleAdapter adapter_of(const spec::LoraModule& module, const nn::Parameters& parameters) {
  ModuleAdapter out{.module = module, .a = parameters.at(nn::lora_a_name(module.name)), .b = {}};
  for (const auto& piece : module.weight.pieces) {
    const auto names = known(parameters.adapter_names(spec::without_weight(piece.ours)));
    out.b.push_back(parameters.at(names.b));
    out.scale = names.scale;
  }
  const auto& common = parameters.lora();
  check(out.rank() == common.rank && out.scale == common.scale, ErrorKind::unsupported,
        "{} has rank {} and scale {}, the adapter otherwise {} and {}: such an adapter cannot be "
        "written; merge it into its base (automodel merge)",
        module.name, out.rank(), out.scale, common.rank, common.scale);
  return out;
}

bool is_conv1d(const spec::LoraModule& module) {
  return module.weight.transposed && module.weight.seen_as.size() == 2;
}

/// alpha from scale = alpha / rank, without the rounding of that division.
double alpha_of(const nn::LoraOptions& options) {
  const double alpha = options.scale * static_cast<double>(options.rank);
  const double whole = std::nearbyint(alpha);
  return std::abs(alpha - whole) <= 1e-12 * std::abs(whole) ? whole : alpha;
}

/// The head of a classifier as the adapter trained it.
void put_head(nn::Parameters& parameters, const PeftAdapter& adapter) {
  auto found = std::ranges::find(parameters.all(), kHead,
                                 [](const nn::Parameter& p) { return p.spec.name; });
  check(found != parameters.all().end(), ErrorKind::corrupt_data,
        "the adapter {} is a classifier's, with a head of {} classes; the model predicts tokens",
        adapter.path.string(), adapter.head_vd.size(0));
  check(found->value.sizes() == adapter.head_vd.sizes(), ErrorKind::corrupt_data,
        "the adapter {} does not fit the model: its head is {}, the model's {}",
        adapter.path.string(), shape_text(adapter.head_vd.sizes().vec()),
        shape_text(found->value.sizes().vec()));
  found->value = adapter.head_vd.to(found->value.scalar_type());
}

void check_base_of(const nn::Parameters& parameters, const AdapterLayer& layer,
                   const ModuleAdapter& own, const fs::path& path) {
  const auto& pieces = own.module.weight.pieces;
  for (const auto& [part, stored] : layer.base) {
    const auto name = spec::without_weight(pieces.front().ours) + "." + part;
    check(
        pieces.size() == 1 && parameters.contains(name) &&
            same_but_for_rounding(parameters.at(name), stored),
        ErrorKind::corrupt_data,
        "the adapter {} holds another {} of {} than the base model: it was trained beside another "
        "base, or changes it. Give the base model that it was trained beside; if the adapter "
        "changes it, merge both with PEFT (merge_and_unload)",
        path.string(), part, layer.prefix);
  }
}

/// "….experts.7.up_proj": PEFT wrote one adapter for each expert over Transformers 4.
bool is_of_one_expert(const std::string& prefix) {
  const auto parts = split(prefix, '.');
  for (std::size_t i = 0; i + 2 < parts.size(); ++i) {
    if (parts[i] == "experts" && !parts[i + 1].empty() &&
        parts[i + 1].find_first_not_of("0123456789") == std::string::npos) {
      return true;
    }
  }
  return false;
}

/// Why the model may have no such layer. Of a head PEFT stores what it has of its own.
std::string reason_for_none(const AdapterLayer& layer, std::span<const std::string> known) {
  if (is_of_one_expert(layer.prefix)) {
    return "; adapters of single experts, as PEFT wrote them over Transformers 4, are not read";
  }
  return layer.base.empty() ? did_you_mean(layer.prefix, known)
                            : "; a head that is tied to the embedding takes no adapter here";
}

AdapterConfig config_of(const nn::LoraOptions& options, std::span<const spec::LoraModule> all,
                        std::span<const spec::LoraModule> adapted) {
  auto targets = peft_targets(all, adapted);
  return {.rank = options.rank,
          .alpha = alpha_of(options),
          .dropout = targets.parameters.empty() ? options.dropout : 0,
          .rslora = false,
          .base_model = {},
          .fan_in_fan_out = std::ranges::any_of(adapted, is_conv1d),
          .target_modules = std::move(targets.modules),
          .target_parameters = std::move(targets.parameters)};
}

/// What a folder without an adapter is instead, as advice.
std::string instead_of_adapter(const fs::path& folder) {
  for (const auto* inner : {"model", "LATEST/model"}) {
    if (is_adapter_folder(follow_pointers(folder / inner))) {
      return fmt::format("give {}", (folder / inner).string());
    }
  }
  return "expected a PEFT adapter, such as the folder model/ in a checkpoint of a run with peft";
}

}  // namespace

bool is_adapter_name(std::string_view name) {
  return name.ends_with(kASuffix) || name.ends_with(kBSuffix);
}

bool is_adapter_folder(const fs::path& folder) { return fs::exists(folder / kConfigFile); }

PeftAdapter read_peft_adapter(const fs::path& folder) {
  if (!is_adapter_folder(folder)) {
    fail(ErrorKind::not_found, "{} has no adapter_config.json; {}", folder.string(),
         instead_of_adapter(folder));
  }
  const ErrorContext context("reading the adapter {}", folder.string());
  const auto config =
      parse_adapter_config(read_json(folder / kConfigFile), (folder / kConfigFile).string());
  check(fs::exists(folder / kTensorFile) || !fs::exists(folder / "adapter_model.bin"),
        ErrorKind::unsupported,
        "{} has pickled weights (adapter_model.bin) only; save it with safetensors",
        folder.string());
  const SafetensorsFile file(folder / kTensorFile);
  PeftAdapter adapter{.path = folder, .config = config, .layers = {}};
  for (const auto& prefix : layer_prefixes(file, config.saves_head)) {
    adapter.layers.push_back(read_layer(file, prefix));
  }
  if (config.saves_head) {
    adapter.head_vd = read_head(file);
  }
  return adapter;
}

Json base_overrides(const PeftAdapter& adapter) {
  if (!adapter.head_vd.defined()) {
    return Json::object();
  }
  return models::classifier_overrides(adapter.head_vd.size(0));
}

std::vector<ModuleAdapter> fit_adapter(const PeftAdapter& adapter,
                                       std::span<const spec::LoraModule> modules) {
  const auto meant = meant_modules(adapter, modules);
  auto prefixes = peft_prefixes(meant);
  std::vector<ModuleAdapter> out;
  for (const auto& layer : adapter.layers) {
    const auto found = std::ranges::find(prefixes, layer.prefix);
    if (found == prefixes.end()) {
      std::ranges::transform(modules, std::back_inserter(prefixes), &spec::LoraModule::owner);
      fail(ErrorKind::corrupt_data,
           "the adapter {} does not fit the model: it has no linear layer '{}'{}",
           adapter.path.string(), layer.prefix, reason_for_none(layer, prefixes));
    }
    const auto& module = meant[static_cast<std::size_t>(found - prefixes.begin())];
    const auto& config = adapter.config;
    check(config.targets(module.owner, module.weight.name), ErrorKind::corrupt_data,
          "the adapter {} has matrices of {}, but target_modules and target_parameters of its {} "
          "leave it out, and so does PEFT: name it there if they shall count, or take them out of "
          "{}",
          adapter.path.string(), layer.prefix, kConfigFile, kTensorFile);
    const auto& name = config.lists(module.weight.name) ? module.weight.name : module.name;
    check_layer_fits(layer, module, config.rank_of(name), adapter.path);
    out.push_back(from_peft(module, {layer.a_ri, layer.b_or}, config.rank_of(name)));
    out.back().scale = config.scale_of(name);
  }
  check(out.size() == meant.size(), ErrorKind::corrupt_data,
        "the adapter {} has {} layers, but its adapter_config.json names {} of this model",
        adapter.path.string(), out.size(), meant.size());
  return out;
}

void check_base_values(const nn::Parameters& parameters, const PeftAdapter& adapter,
                       std::span<const ModuleAdapter> fitted) {
  for (std::size_t i = 0; i < fitted.size(); ++i) {
    check_base_of(parameters, adapter.layers[i], fitted[i], adapter.path);
  }
}

nn::Parameters with_adapter(nn::Parameters parameters, const PeftAdapter& adapter,
                            std::span<const spec::LoraModule> modules) {
  check(parameters.lora() == nn::LoraOptions(), ErrorKind::invalid_argument,
        "the model has an adapter already; merge it before adding {}", adapter.path.string());
  const auto fitted = fit_adapter(adapter, modules);
  check_base_values(parameters, adapter, fitted);
  for (const auto& own : fitted) {
    parameters.add_adapter(own.module, own.a, own.b, own.scale);
  }
  if (adapter.head_vd.defined()) {
    put_head(parameters, adapter);
  }
  const auto& config = adapter.config;
  parameters.set_lora({.rank = config.rank, .scale = config.scale(), .dropout = config.dropout});
  return parameters;
}

Tensor merged_value(const nn::Parameters& parameters, const std::string& name, at::ScalarType dtype,
                    std::optional<std::int64_t> entry) {
  const at::NoGradGuard no_grad;
  const auto of_entry = [entry](const Tensor& whole) {
    return entry ? whole.select(0, *entry) : whole;
  };
  const Tensor value = of_entry(parameters.at(name));
  const auto names = parameters.adapter_names(spec::without_weight(name));
  const auto narrowed = [&](const Tensor& exact) {
    Tensor out = exact.to(dtype);
    check(dtype != at::kHalf || exact.scalar_type() == at::kHalf || !first_non_finite(out),
          ErrorKind::invalid_argument,
          "the weight '{}' is too large for float16; write the model as bfloat16 or float32", name);
    return out;
  };
  if (!names) {
    return narrowed(value.detach());
  }
  const Tensor a_ri = of_entry(parameters.at(names->a)).to(at::kFloat);
  const Tensor b_or = of_entry(parameters.at(names->b)).to(at::kFloat);
  return narrowed(value.dim() == 2 ? at::addmm(value.to(at::kFloat), b_or, a_ri, 1, names->scale)
                                   : value.to(at::kFloat).add(b_or.matmul(a_ri), names->scale));
}

void write_peft_adapter(const fs::path& folder, const nn::Parameters& parameters,
                        std::span<const spec::LoraModule> modules, const std::string& base_model,
                        const std::string& base_revision) {
  const at::NoGradGuard no_grad;
  const auto adapted = adapted_modules(parameters, modules);
  check(!adapted.empty(), ErrorKind::internal, "the model has no adapter to write");
  const auto prefixes = peft_prefixes(adapted);
  std::vector<NamedTensor> tensors;
  for (std::size_t i = 0; i < adapted.size(); ++i) {
    const auto matrices = to_peft(adapter_of(adapted[i], parameters));
    const auto name = std::string(kPeftPrefix) + prefixes[i];
    tensors.push_back({name + std::string(kASuffix), matrices.a});
    tensors.push_back({name + std::string(kBSuffix), matrices.b});
  }
  auto config = config_of(parameters.lora(), modules, adapted);
  config.base_model = base_model;
  config.base_revision = base_revision;
  config.saves_head = parameters.contains(kHead);
  if (config.saves_head) {
    tensors.push_back({std::string(kPeftPrefix) + kHead, parameters.at(kHead).detach()});
  }
  write_safetensors(folder / kTensorFile, tensors);
  write_file_atomic(folder / kConfigFile, render_adapter_config(config).dump(2) + "\n");
}

}  // namespace automodel::checkpoint
