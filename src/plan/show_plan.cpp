#include "plan/show_plan.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "base/number_range.h"
#include "base/text.h"
#include "plan/auto_storage.h"
#include "plan/changes.h"

namespace automodel::plan {
namespace {

constexpr double kGib = 1024.0 * 1024 * 1024;

using Kinds = std::vector<std::pair<std::string, std::int64_t>>;

Kinds kinds(const MemoryPlan& memory) {
  return {{"program", memory.program},
          {"frozen weights", memory.frozen},
          {"trained weights", memory.trained},
          {"optimizer", memory.optimizer},
          {"gradients", memory.gradients},
          {"activations", memory.activations},
          {"loss", memory.loss},
          {"workspace", memory.workspace}};
}

bool fits(const RunCost& cost, const Machine& machine) {
  return static_cast<std::uint64_t>(cost.memory.total()) <= machine.memory_bytes;
}

void print_model(const RunCost& cost) {
  const auto& model = cost.model;
  const std::string active = model.active == model.parameters
                                 ? ""
                                 : fmt::format(", {} active per token", human_count(model.active));
  fmt::print("model       {}: {}, {} parameters{}; {} trained{}\n", model.name,
             model.spec.architecture, human_count(model.parameters), active,
             human_count(model.trained),
             cost.storage_assumed ? "; stored as float32 (assumed, config.json does not say it and "
                                    "no weights are here; give --model.torch_dtype)"
                                  : "");
}

void print_step(const RunCost& cost, const Machine& machine) {
  const auto& batch = cost.step.batch;
  fmt::print("step        {} micro-batch{} of {} row{} of {} tokens{}{}\n", cost.micro_batches,
             cost.micro_batches == 1 ? "" : "es", batch.rows, batch.rows == 1 ? "" : "s",
             batch.row_tokens,
             cost.row_tokens_assumed ? " (assumed, the recipe does not say; give --length)" : "",
             machine.devices > 1 ? fmt::format(", on each of {} devices", machine.devices) : "");
  fmt::print("arithmetic  {:.3g} TFLOP a step{}\n", cost.flops / 1e12,
             batch.recompute == Recompute::off
                 ? ""
                 : fmt::format(", {} recompute included", recompute_name(batch.recompute)));
}

std::string at_most(std::int64_t count, std::string_view what) {
  return fmt::format("at most {} {}{}", count, what, count == 1 ? "" : "s");
}

/// How long the run is and when it stops to look or to save.
void print_run(const config::Recipe& recipe) {
  const auto& steps = recipe.step_scheduler;
  std::vector<std::string> parts;
  if (steps.max_steps) {
    parts.push_back(at_most(*steps.max_steps, "step"));
  }
  if (steps.num_epochs) {
    parts.push_back(at_most(*steps.num_epochs, "epoch"));
  }
  if (!recipe.validation_datasets.empty()) {
    parts.push_back(steps.val_every_steps
                        ? fmt::format("validation every {} steps", *steps.val_every_steps)
                        : "validation at checkpoints");
  }
  if (recipe.checkpoint.enabled && !recipe.is_benchmark) {
    parts.push_back(fmt::format(
        "checkpoints {}{} in {}",
        steps.ckpt_every_steps ? fmt::format("every {} steps", *steps.ckpt_every_steps)
                               : "every epoch",
        steps.ckpt_every_steps && steps.save_checkpoint_every_epoch ? " and every epoch" : "",
        recipe.checkpoint.checkpoint_dir));
  }
  fmt::print("run         {}\n", join(parts, ", "));
}

void print_memory(const RunCost& cost, const Machine& machine) {
  fmt::print("memory      {} at {}: it {} {}\n", bytes_text(cost.memory.total()),
             cost.memory.moment, fits(cost, machine) ? "fits into" : "DOES NOT FIT into",
             human_bytes(machine.memory_bytes));
  for (const auto& [name, bytes] : kinds(cost.memory)) {
    if (bytes > 0) {
      fmt::print("              {:<16} {:>10}\n", name, bytes_text(bytes));
    }
  }
}

void print_time(const RunCost& cost) {
  fmt::print("time        about {:.3g} s a step", cost.seconds);
  if (cost.num_steps) {
    fmt::print("; {} steps take {}", *cost.num_steps,
               human_duration(cost.seconds * static_cast<double>(*cost.num_steps)));
  }
  fmt::print("\n");
}

void print_changes(const std::vector<Change>& changes, const RunCost& cost) {
  if (changes.empty()) {
    fmt::print(
        "nothing here makes it fit: shorter rows (--length), a smaller model or more memory "
        "would\n");
    return;
  }
  fmt::print("cheapest changes that make it fit:\n");
  for (const auto& change : changes) {
    fmt::print("  {}\n      {}, {:.2f} times the time{}{}\n", join(change.overrides, " "),
               bytes_text(change.cost.memory.total()), change.cost.seconds / cost.seconds,
               change.effect.empty() ? "" : "; ", change.effect);
  }
}

Json to_json(const RunCost& cost) {
  Json memory = Json::object();
  for (const auto& [name, bytes] : kinds(cost.memory)) {
    memory[replace_all(name, " ", "_")] = bytes;
  }
  return {{"parameters", cost.model.parameters},
          {"active", cost.model.active},
          {"trained", cost.model.trained},
          {"rows", cost.step.batch.rows},
          {"row_tokens", cost.step.batch.row_tokens},
          {"micro_batches", cost.micro_batches},
          {"flops", cost.flops},
          {"seconds", cost.seconds},
          {"num_steps", cost.num_steps ? Json(*cost.num_steps) : Json(nullptr)},
          {"memory", std::move(memory)},
          {"memory_bytes", cost.memory.total()},
          {"moment", cost.memory.moment}};
}

Json to_json(const std::vector<Change>& changes) {
  Json out = Json::array();
  for (const auto& change : changes) {
    out.push_back({{"overrides", change.overrides},
                   {"effect", change.effect},
                   {"memory_bytes", change.cost.memory.total()},
                   {"seconds", change.cost.seconds}});
  }
  return out;
}

CostOptions cost_options(const PlanOptions& options, const config::Recipe& recipe,
                         std::optional<Storage> storage) {
  CostOptions out{.machine = this_machine(), .row_tokens = options.length, .storage = storage};
  if (!storage && recipe.model.torch_dtype == "auto" && !recipe.model.is_fresh()) {
    out.storage = auto_storage(recipe.model);
  }
  const auto& d = recipe.distributed;
  out.machine.devices =
      options.devices.value_or(d.dp_size.value_or(1) * d.tp_size * d.pp_size * d.cp_size);
  if (options.memory) {
    out.machine.memory_bytes = static_cast<std::uint64_t>(*options.memory * kGib);
  }
  if (options.flops) {
    out.machine.flops = out.machine.bfloat16_flops = *options.flops * 1e12;
  }
  out.machine.bandwidth = options.bandwidth ? *options.bandwidth * 1e9 : out.machine.bandwidth;
  return out;
}

}  // namespace

void PlanOptions::declare(CLI::App& app) {
  app.description(
      "Says what a training run will take, from the recipe and the model's config.json alone: "
      "parameters, arithmetic, memory by kind, time; and what to change if it does not fit. "
      "--section.key VALUE overrides a key of the recipe");
  app.add_option("recipe", recipe, "recipe file")->required();
  app.add_option("--devices", devices, "ranks; by default as many as the sizes make")
      ->check(above(0));
  app.add_option("--memory", memory, "GiB of each; by default this computer's")->check(above(0));
  app.add_option("--flops", flops, "TFLOP/s that training reaches on each")->check(above(0));
  app.add_option("--bandwidth", bandwidth, "GB/s of its memory")->check(above(0));
  app.add_option("--length", length, "tokens of a row, where the recipe does not say")
      ->check(above(0));
  app.add_flag("--json", json, "print one line of JSON");
  app.footer("Example: automodel plan recipe.yaml --memory 16 --length 2048");
}

void show_plan(const PlanOptions& options, const config::LoadedRecipe& loaded,
               const spec::ModelSpec& spec, std::optional<Storage> storage) {
  const auto cost_settings = cost_options(options, loaded.recipe, storage);
  const RunCost cost = cost_of(loaded.recipe, spec, cost_settings);
  const bool fit = fits(cost, cost_settings.machine);
  const auto changes =
      fit ? std::vector<Change>{} : cheapest_changes(loaded.recipe, spec, cost_settings);
  if (options.json) {
    Json out = to_json(cost);
    out["fits"] = fit;
    out["changes"] = to_json(changes);
    fmt::print("{}\n", out.dump());
    return;
  }
  print_model(cost);
  print_run(loaded.recipe);
  print_step(cost, cost_settings.machine);
  print_memory(cost, cost_settings.machine);
  print_time(cost);
  if (!fit) {
    print_changes(changes, cost);
  }
  for (const auto& need : loaded.not_built) {
    fmt::print("note        not supported yet: {}\n", need);
  }
}

}  // namespace automodel::plan
