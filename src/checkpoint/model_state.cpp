#include "checkpoint/model_state.h"

#include <ATen/ATen.h>

#include <cmath>
#include <set>

#include "base/error.h"
#include "base/file.h"
#include "checkpoint/adapter.h"
#include "checkpoint/atomic_folder.h"
#include "checkpoint/export.h"
#include "models/find_model.h"
#include "tensor/safetensors_shards.h"
#include "tensor/weights.h"

namespace automodel::checkpoint {
namespace {

namespace fs = std::filesystem;

bool has_adapters(const nn::Parameters& parameters) {
  return parameters.lora() != nn::LoraOptions();
}

void write_changing(const fs::path& folder, const nn::Parameters& parameters) {
  std::vector<NamedInfo> infos;
  for (const auto& parameter : parameters.changing()) {
    infos.push_back({parameter.spec.name, info_of(parameter.value)});
  }
  write_sharded_safetensors(folder, infos,
                            [&](const std::string& name) { return parameters.at(name); });
}

void write_consolidated(const fs::path& folder, const ModelFolder& source,
                        const nn::Parameters& parameters) {
  const auto dtype = parameters.all().front().value.scalar_type();
  for (const auto& parameter : parameters.all()) {
    const auto type = parameter.value.scalar_type();
    check(type == nn::loaded_dtype(parameter.spec, dtype), ErrorKind::internal,
          "{} is {}, other parameters are {}: such a model cannot be consolidated",
          parameter.spec.name, dtype_name(type), dtype_name(dtype));
  }
  make_folders(folder);
  write_hf_folder(folder, source, parameters, {.dtype = dtype});
}

/// `what` the folder is: "checkpoint" or "adapter".
void restore_value(const nn::Parameter& parameter, const Tensor& stored, const fs::path& folder,
                   const char* what = "checkpoint") {
  const auto wanted = info_of(parameter.value);
  check(info_of(stored) == wanted, ErrorKind::corrupt_data,
        "the {} {} has {} as {}, this run trains it as {}", what, folder.string(),
        parameter.spec.name, to_string(info_of(stored)), to_string(wanted));
  parameter.value.detach().copy_(stored);
}

/// Each matrix of an adapter, and its head, by the name of its parameter.
std::map<std::string, Tensor> matrices(const PeftAdapter& adapter, const ModelFolder& source,
                                       std::span<const ModuleAdapter> fitted) {
  std::map<std::string, Tensor> out;
  for (const auto& own : fitted) {
    out.emplace(nn::lora_a_name(own.module.name), own.a);
    for (std::size_t i = 0; i < own.b.size(); ++i) {
      const auto prefix = spec::without_weight(own.module.weight.pieces[i].ours);
      out.emplace(nn::lora_b_name(prefix), own.b[i]);
    }
  }
  if (adapter.head_vd.defined()) {
    out.emplace(spec::head_weight_name(source.spec), adapter.head_vd);
  }
  return out;
}

/// Where adapters come from, and how messages speak of what does not fit.
struct AdapterUse {
  const char* what;  // "checkpoint" or "adapter"
  ErrorKind kind;
  std::string chosen, not_chosen;  // which the run trains, and which it does not
  bool rounds;                     // to the type in which the run trains
};

/// The run trains adapters of the rank and the scale that `adapter` has.
void check_same_lora(const PeftAdapter& adapter, const nn::LoraOptions& ours, const AdapterUse& use,
                     std::string_view advice = "") {
  const auto& config = adapter.config;
  // The file has alpha, from which the scale is computed anew.
  const bool same_scale = std::abs(config.scale() - ours.scale) <= 1e-12 * std::abs(ours.scale);
  const bool is_uniform = config.rank_pattern.empty() && config.alpha_pattern.empty();
  check(config.rank == ours.rank && same_scale && is_uniform, use.kind,
        "the {} {} has adapters of rank {} and scale {}{}, this run trains rank {} and scale {}{}",
        use.what, adapter.path.string(), config.rank, config.scale(),
        is_uniform ? "" : " with exceptions (rank_pattern, alpha_pattern)", ours.rank, ours.scale,
        advice);
}

/// Copies each of `stored` into its parameter; both must be of the same names.
void take_matrices(std::map<std::string, Tensor> stored, const fs::path& folder,
                   const nn::Parameters& parameters, const AdapterUse& use) {
  for (const auto& parameter : parameters.trained()) {
    const auto found = stored.find(parameter.spec.name);
    check(found != stored.end(), use.kind, "the {} {} has no {}, {}", use.what, folder.string(),
          parameter.spec.name, use.chosen);
    const auto& value = found->second;
    restore_value(parameter, use.rounds ? value.to(parameter.value.scalar_type()) : value, folder,
                  use.what);
    stored.erase(found);
  }
  check(stored.empty(), use.kind, "the {} {} has {}, {}", use.what, folder.string(),
        stored.empty() ? "" : stored.begin()->first, use.not_chosen);
}

void restore_adapter(const fs::path& folder, const ModelFolder& source,
                     const nn::Parameters& parameters) {
  const AdapterUse use = {.what = "checkpoint",
                          .kind = ErrorKind::corrupt_data,
                          .chosen = "which this run trains",
                          .not_chosen = "which this run does not train",
                          .rounds = false};
  const auto adapter = read_peft_adapter(folder);
  check_same_lora(adapter, parameters.lora(), use);
  take_matrices(matrices(adapter, source, fit_adapter(adapter, source.modules)), folder, parameters,
                use);
}

/// How a recipe chooses these modules.
std::string advice_for_modules(std::span<const ModuleAdapter> fitted) {
  std::set<std::string> names;
  for (const auto& own : fitted) {
    names.insert(spec::last_name(own.module.name));
  }
  return fmt::format("for the adapter's modules write target_modules: [{}]",
                     fmt::join(names, ", "));
}

/// Reads from files, naming what they lack.
Tensor read_tensor(const WeightSource& weights, const std::string& name, const fs::path& folder) {
  check(weights.contains(name), ErrorKind::corrupt_data,
        "the checkpoint {} has no {}, which this run trains", folder.string(), name);
  return weights.tensor(name);
}

/// `stored` in float32 where it is narrower and the parameter is not.
Tensor widened(const Tensor& stored, const nn::Parameter& parameter) {
  const bool is_narrow = stored.scalar_type() == at::kBFloat16 || stored.scalar_type() == at::kHalf;
  return is_narrow && parameter.value.scalar_type() == at::kFloat ? stored.to(at::kFloat) : stored;
}

/// A buffer that no step moved is not in checkpoints of earlier versions, and is stored as narrow
/// as the model.
void restore_weights(const fs::path& folder, const nn::Parameters& parameters) {
  const auto weights = open_folder_weights(folder);
  std::set<std::string> unused(weights->names().begin(), weights->names().end());
  for (const auto& parameter : parameters.changing()) {
    const bool is_buffer = parameter.spec.is_stepped;
    if (is_buffer && !weights->contains(parameter.spec.name)) {
      continue;
    }
    const Tensor value = read_tensor(*weights, parameter.spec.name, folder);
    restore_value(parameter, is_buffer ? widened(value, parameter) : value, folder);
    unused.erase(parameter.spec.name);
  }
  check(unused.empty(), ErrorKind::corrupt_data,
        "the checkpoint {} has {}, which this run does not train", folder.string(),
        unused.empty() ? "" : *unused.begin());
}

void restore_consolidated(const fs::path& folder, const spec::ModelSpec& spec,
                          const nn::Parameters& parameters) {
  const auto weights = open_folder_weights(folder);
  const auto layout = layout_of(spec, *weights);
  const auto stored = [&](const std::string& name) { return read_tensor(*weights, name, folder); };
  for (const auto& parameter : parameters.changing()) {
    // A float32 parameter of a narrower model is stored as narrow where that is exact.
    restore_value(parameter, widened(layout.to_parameter(parameter.spec, stored), parameter),
                  folder);
  }
}

}  // namespace

void write_model_state(const fs::path& folder, const ModelFolder& source,
                       const nn::Parameters& parameters, Consolidated consolidated) {
  if (!has_adapters(parameters)) {
    if (consolidated == Consolidated::yes) {
      write_consolidated(folder / models::kConsolidated, source, parameters);
    } else {
      write_changing(folder, parameters);
    }
    return;
  }
  write_peft_adapter(folder, parameters, source.modules, source.name, source.revision);
  if (consolidated == Consolidated::yes || source.text) {
    write_auxiliary_files(folder, source);
  }
}

void restore_model_state(const fs::path& folder, const ModelFolder& source,
                         nn::Parameters& parameters) {
  const at::NoGradGuard no_grad;
  const bool adapter = is_adapter_folder(folder);
  check(adapter == has_adapters(parameters), ErrorKind::corrupt_data,
        "the checkpoint {} holds {}, this run trains {}", folder.string(),
        adapter ? "adapters" : "a whole model", adapter ? "a whole model" : "adapters");
  if (adapter) {
    restore_adapter(folder, source, parameters);
  } else if (fs::is_directory(folder / models::kConsolidated)) {
    restore_consolidated(folder / models::kConsolidated, source.spec, parameters);
  } else {
    restore_weights(folder, parameters);
  }
}

void begin_with_adapter(const fs::path& folder, const ModelFolder& source,
                        const nn::Parameters& parameters) {
  const at::NoGradGuard no_grad;
  const auto adapter = read_peft_adapter(folder);
  const auto fitted = fit_adapter(adapter, source.modules);
  const auto advice = advice_for_modules(fitted);
  const AdapterUse use = {.what = "adapter",
                          .kind = ErrorKind::invalid_argument,
                          .chosen = "which the section peft chooses; " + advice,
                          .not_chosen = "which the section peft does not choose; " + advice,
                          .rounds = true};
  const auto& config = adapter.config;
  check_same_lora(adapter, parameters.lora(), use,
                  fmt::format("; write dim: {} and alpha: {} in the section peft", config.rank,
                              config.scale() * static_cast<double>(config.rank)));
  check_base_values(parameters, adapter, fitted);
  take_matrices(matrices(adapter, source, fitted), folder, parameters, use);
}

}  // namespace automodel::checkpoint
