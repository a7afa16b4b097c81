#include "plan/run_cost.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <numeric>

#include "base/cores.h"
#include "base/division.h"
#include "base/error.h"
#include "base/isa.h"
#include "base/machine_speed.h"
#include "config/step_plan.h"
#include "models/config_class.h"
#include "models/find_model.h"
#include "models/overrides.h"
#include "models/registry.h"
#include "plan/lora_targets.h"

namespace automodel::plan {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kUsualRow = 1024;

/// Of the weights, as a run holds them; none if nothing here says it.
std::optional<Storage> weight_storage(const config::ModelSource& model,
                                      const CostOptions& options) {
  if (model.torch_dtype != "auto") {
    return storage_of(model.torch_dtype);
  }
  return model.is_fresh() ? Storage::bfloat16 : options.storage;
}

std::int64_t compute_width(const config::ModelSource& model, Storage storage, bool has_bfloat16) {
  if (model.compute_dtype != "auto") {
    return width_of(storage_of(model.compute_dtype));
  }
  return storage == Storage::bfloat16 && has_bfloat16 ? 2 : kFloat;
}

/// How a recipe spreads a model.
struct Split {
  std::int64_t shards = 1, tensor = 1, pipeline = 1, context = 1, experts = 1, data = 1;

  static Split of(const config::Distributed& d, std::int64_t devices) {
    Split out{
        .tensor = d.tp_size, .pipeline = d.pp_size, .context = d.cp_size, .experts = d.ep_size};
    const std::int64_t others = out.tensor * out.pipeline * out.context;
    check(devices % others == 0 && (!d.dp_size || *d.dp_size * others == devices),
          ErrorKind::invalid_argument,
          "distributed: tp_size {} * pp_size {} * cp_size {}{} does not make {} devices; give "
          "--devices, or other sizes",
          d.tp_size, d.pp_size, d.cp_size,
          d.dp_size ? fmt::format(" * dp_size {}", *d.dp_size) : "", devices);
    out.data = devices / others;
    out.shards =
        d.strategy == config::Strategy::ddp ? 1 : out.data / d.dp_replicate_size.value_or(1);
    return out;
  }

  std::int64_t share(const spec::ParamSpec& parameter) const {
    const std::int64_t stages = parameter.layer >= 0 ? pipeline : 1;
    const bool is_expert = parameter.role == spec::Role::experts && parameter.shape.size() == 3;
    return stages * (is_expert ? std::max(experts, shards * context * tensor) : tensor * shards);
  }
};

/// As a model of this type holds it. Source: nn::loaded_dtype.
Storage loaded_storage(const spec::ParamSpec& parameter, Storage wanted) {
  const bool takes_it =
      parameter.rounding == spec::Rounding::any ||
      (parameter.rounding == spec::Rounding::bfloat16 && wanted == Storage::bfloat16);
  return takes_it ? wanted : Storage::float32;
}

HeldParameter held(const spec::ParamSpec& parameter, Storage storage, bool trained,
                   std::int64_t share) {
  return {.name = parameter.name,
          .numel = ceil_div(parameter.numel(), share),
          .storage = loaded_storage(parameter, storage),
          .layer = parameter.layer,
          .role = parameter.role,
          .is_linear = parameter.is_linear,
          .is_trained = trained && !parameter.is_buffer};
}

std::int64_t product(const std::vector<std::int64_t>& shape) {
  return std::accumulate(shape.begin(), shape.end(), std::int64_t{1}, std::multiplies<>());
}

void add_adapter(std::vector<HeldParameter>& out, const spec::LoraModule& module,
                 const config::Peft& peft, Storage storage) {
  const Storage by_default = storage == Storage::float16 ? Storage::float32 : storage;
  const auto add = [&](const std::string& name, const std::vector<std::int64_t>& shape) {
    out.push_back({.name = name,
                   .numel = product(shape),
                   .storage = peft.lora_dtype ? storage_of(*peft.lora_dtype) : by_default,
                   .layer = module.layer,
                   .role = module.role,
                   .is_linear = false,
                   .is_trained = true});
  };
  add(module.name + ".lora_A.weight", module.a_shape(peft.dim));
  for (const auto& piece : module.weight.pieces) {
    add(spec::without_weight(piece.ours) + ".lora_B.weight", module.b_shape(peft.dim, piece));
  }
}

/// The length of rows that the data section names.
std::optional<std::int64_t> named_row(const config::Recipe& recipe) {
  if (recipe.packed_sequence.packed_sequence_size > 0) {
    return recipe.packed_sequence.packed_sequence_size;
  }
  for (const char* key :
       {"seq_len", "seq_length", "max_length", "block_size", "max_sentence_len"}) {
    const auto& keys = recipe.dataset.keys;
    if (keys.contains(key) && keys.at(key).is_number_integer()) {
      return keys.at(key).get<std::int64_t>();
    }
  }
  return std::nullopt;
}

double step_flops(const config::Recipe& recipe, const RunCost& cost) {
  const auto& batch = cost.step.batch;
  const std::vector<std::int64_t> documents(static_cast<std::size_t>(batch.rows), batch.row_tokens);
  const double forward = spec::forward_flops(cost.model.spec, documents, batch.labels);
  return (recipe.peft ? 2 : 3) * forward + recomputed_flops(cost.model.spec, batch, forward);
}

/// Arithmetic, and traffic of weights and optimizer state.
double step_seconds(const RunCost& cost, const std::vector<HeldParameter>& parameters,
                    const Machine& machine) {
  double weights = 0;
  double update = 0;
  for (const auto& parameter : parameters) {
    // Read by forward and backward; and its gradient written.
    const bool is_stored = !is_deferred(cost.model.spec, parameter, cost.step);
    weights += static_cast<double>((is_stored ? 3 : 2) * parameter.bytes());
    // Read and written: the weight and the state; read: the gradient.
    const auto beside = cost.step.optimizer.bytes_beside(parameter.storage);
    const auto bytes = (is_stored ? 3 : 2) * parameter.width() + 2 * beside;
    update += parameter.is_trained ? static_cast<double>(parameter.numel * bytes) : 0;
  }
  const double traffic = weights * static_cast<double>(cost.micro_batches) + update;
  const double speed = cost.step.batch.compute_width == 2 ? machine.bfloat16_flops : machine.flops;
  return cost.flops / static_cast<double>(machine.devices) / speed + traffic / machine.bandwidth;
}

std::int64_t largest_layer_bytes(const spec::ModelSpec& model, std::int64_t width) {
  std::vector<std::int64_t> layers(model.layers.size());
  for (const auto& parameter : spec::parameters(model)) {
    if (parameter.layer >= 0) {
      layers[static_cast<std::size_t>(parameter.layer)] += parameter.numel() * width;
    }
  }
  return layers.empty() ? 0 : *std::ranges::max_element(layers);
}

ModelCost model_cost(const spec::ModelSpec& spec, const config::Recipe& recipe) {
  ModelCost out{.spec = spec,
                .name = recipe.model.config_class.empty()
                            ? recipe.model.pretrained_model_name_or_path
                            : recipe.model.config_class,
                .parameters = spec::num_parameters(spec),
                .active = spec::num_active_parameters(spec)};
  for (const auto& parameter : held_parameters(spec, recipe, Storage::float32)) {
    out.trained += parameter.is_trained ? parameter.numel : 0;
  }
  return out;
}

}  // namespace

/// docs/performance.md has the steps that these fit.
Machine this_machine() {
  constexpr double kReached = 0.8, kReachedInPairs = 0.75;  // of the peak, by whole training steps
  const Isa isa = chosen_isa();
  const int threads = std::min(usual_threads(), usable_cores());
  const double peak = measure_peak_flops(isa, threads);
  return {.devices = 1,
          .memory_bytes = usable_memory_bytes(),
          .flops = kReached * peak,
          .bfloat16_flops = isa >= Isa::avx512_bf16 ? kReachedInPairs * 2 * peak : kReached * peak,
          .bandwidth = measure_bandwidth(threads),
          .has_bfloat16 = has_bfloat16_pairs(),
          .own_kernels = isa != Isa::reference,
          .threads = threads};
}

OptimizerShape optimizer_shape(const config::Optimizer& optimizer) {
  const auto width = [](const std::optional<std::string>& dtype) {
    return dtype ? width_of(storage_of(*dtype)) : kFloat;
  };
  return {.exp_avg_width = width(optimizer.exp_avg_dtype),
          .exp_avg_sq_width = width(optimizer.exp_avg_sq_dtype),
          .amsgrad = optimizer.amsgrad,
          .master_weights = optimizer.master_weights,
          .master_weight_bits = optimizer.master_weight_bits};
}

spec::ModelSpec spec_of(const config::ModelSource& model) {
  const fs::path path =
      model.config_class.empty()
          ? models::find_model(model.pretrained_model_name_or_path, model.revision.value_or("main"))
          : models::folder_of_class(model.config_class, model.config_overrides);
  const auto file = models::config_file(path);
  return models::read_spec(models::with_overrides(read_json(file), model.config_overrides),
                           file.string());
}

std::vector<HeldParameter> held_parameters(const spec::ModelSpec& model,
                                           const config::Recipe& recipe, Storage storage,
                                           std::int64_t devices) {
  const Split split = devices == 1 ? Split{} : Split::of(recipe.distributed, devices);
  std::vector<HeldParameter> out;
  for (const auto& parameter : spec::parameters(model)) {
    const bool is_class_head =
        model.is_classifier() && parameter.name == spec::head_weight_name(model);
    out.push_back(held(parameter, storage, !recipe.peft || is_class_head, split.share(parameter)));
  }
  if (!recipe.peft) {
    return out;
  }
  const auto modules = models::lora_modules(model);
  const auto targets = lora_targets(modules, *recipe.peft);
  for (const auto& module : modules) {
    if (std::ranges::find(targets, module.name) != targets.end()) {
      add_adapter(out, module, *recipe.peft, storage);
    }
  }
  return out;
}

Recompute least_recompute(const std::function<std::int64_t(Recompute)>& bytes,
                          std::uint64_t memory_bytes) {
  for (const auto recompute : {Recompute::off, Recompute::selective}) {
    if (static_cast<std::uint64_t>(bytes(recompute)) <= memory_bytes) {
      return recompute;
    }
  }
  return Recompute::full;
}

RunCost cost_of(const config::Recipe& recipe, const spec::ModelSpec& spec,
                const CostOptions& options) {
  if (!recipe.distributed.activation_checkpointing) {
    config::Recipe named = recipe;
    const auto bytes = [&](Recompute recompute) {
      named.distributed.activation_checkpointing = recompute;
      return cost_of(named, spec, options).memory.total();
    };
    named.distributed.activation_checkpointing =
        least_recompute(bytes, options.machine.memory_bytes);
    return cost_of(named, spec, options);
  }
  const auto& scheduler = recipe.step_scheduler;
  const Split split = Split::of(recipe.distributed, options.machine.devices);
  const auto known_storage = weight_storage(recipe.model, options);
  const Storage storage = known_storage.value_or(Storage::float32);
  const auto row = options.row_tokens ? options.row_tokens : named_row(recipe);
  RunCost out{.model = model_cost(spec, recipe),
              .row_tokens_assumed = !row,
              .storage_assumed = !known_storage};
  const std::int64_t longest = spec.max_positions > 0 ? spec.max_positions : kUsualRow;
  const std::int64_t tokens = row.value_or(std::min(kUsualRow, longest));
  const std::int64_t rows = config::micro_batch_rows(recipe);
  out.micro_batches = config::accumulation_steps(scheduler, split.data);
  out.step.batch = {
      .rows = rows,
      .row_tokens = tokens,
      .labels = spec.is_classifier() ? rows : rows * tokens,
      .compute_width = compute_width(recipe.model, storage, options.machine.has_bfloat16),
      .recompute = *recipe.distributed.activation_checkpointing,
      .own_kernels = options.machine.own_kernels,
      .threads = options.machine.threads};
  out.flops = step_flops(recipe, out) * static_cast<double>(out.micro_batches * split.data);
  out.step.batch.row_tokens = ceil_div(tokens, split.context);
  out.step.accumulates = out.micro_batches > 1;
  out.step.optimizer = optimizer_shape(recipe.optimizer);
  out.step.gathered_bytes =
      split.shards > 1 ? largest_layer_bytes(spec, out.step.batch.compute_width) : 0;
  const auto parameters = held_parameters(spec, recipe, storage, options.machine.devices);
  out.memory = plan_memory(spec, parameters, out.step);
  out.seconds = step_seconds(out, parameters, options.machine);
  out.num_steps = scheduler.max_steps;
  return out;
}

}  // namespace automodel::plan
