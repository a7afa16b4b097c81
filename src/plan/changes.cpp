#include "plan/changes.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <optional>
#include <utility>

#include "base/error.h"
#include "config/step_plan.h"

namespace automodel::plan {
namespace {

constexpr const char* kRecompute = "--distributed.activation_checkpointing=";
constexpr const char* kAdapters = "nemo_automodel.components._peft.lora.PeftConfig";

/// One thing that saves memory. `apply` returns false if the recipe has it already.
struct Saving {
  std::function<bool(config::Recipe&)> apply;
  std::string argument;
  std::string effect;
  double penalty = 0;  // how much worse than its time it is, as a share of the time
};

/// Micro-batches of so many rows.
Saving smaller_batch(const config::Recipe& recipe, std::int64_t rows) {
  Saving out{.apply =
                 [rows](config::Recipe& r) {
                   r.step_scheduler.local_batch_size = rows;
                   r.dataloader.batch_size = rows;
                   return true;
                 },
             .argument = fmt::format("--step_scheduler.local_batch_size={}", rows)};
  if (recipe.dataloader.names_batch_size) {
    out.argument += fmt::format(" --dataloader.batch_size={}", rows);
  }
  return out;
}

std::vector<Saving> savings(const config::Recipe& recipe) {
  std::vector<Saving> out;
  for (std::int64_t rows = config::micro_batch_rows(recipe) / 2; rows > 0; rows /= 2) {
    if (recipe.step_scheduler.global_batch_size % rows == 0) {
      out.push_back(smaller_batch(recipe, rows));
    }
  }
  for (const auto wanted : {Recompute::selective, Recompute::full}) {
    out.push_back({.apply =
                       [wanted](config::Recipe& r) {
                         auto& recompute = r.distributed.activation_checkpointing;
                         const bool had = !recompute || *recompute >= wanted;
                         recompute = wanted;
                         return !had;
                       },
                   .argument = fmt::format("{}{}", kRecompute, recompute_name(wanted))});
  }
  out.push_back({.apply =
                     [](config::Recipe& r) {
                       const bool had = r.model.torch_dtype == "bfloat16";
                       r.model.torch_dtype = "bfloat16";
                       return !had;
                     },
                 .argument = "--model.torch_dtype=bfloat16",
                 .effect = "weights are rounded to bfloat16",
                 .penalty = 1});
  out.push_back(
      {.apply =
           [](config::Recipe& r) {
             const auto before = r.optimizer;
             r.optimizer.exp_avg_dtype = r.optimizer.exp_avg_sq_dtype = "bfloat16";
             return r.optimizer != before;
           },
       .argument = "--optimizer.exp_avg_dtype=bfloat16 --optimizer.exp_avg_sq_dtype=bfloat16",
       .effect = "the optimizer's moments are rounded to bfloat16",
       .penalty = 0.5});
  out.push_back({.apply =
                     [](config::Recipe& r) {
                       const bool is_narrow = r.model.torch_dtype == "bfloat16" && !r.peft;
                       return std::exchange(r.optimizer.master_weights, false) && is_narrow;
                     },
                 .argument = "--optimizer.master_weights=false",
                 .effect = "bfloat16 weights are rounded at random in each step",
                 .penalty = 0.7});
  out.push_back({.apply =
                     [](config::Recipe& r) {
                       const bool had = r.peft.has_value();
                       r.peft = had ? r.peft : config::Peft{};
                       return !had;
                     },
                 .argument = fmt::format("--peft._target_={}", kAdapters),
                 .effect = "adapters are trained instead of all weights",
                 .penalty = 2});
  return out;
}

/// The recipe after some of the savings; nothing if one of them changes nothing.
std::optional<Change> after(const config::Recipe& recipe, const spec::ModelSpec& spec,
                            const CostOptions& options, const std::vector<const Saving*>& chosen) {
  config::Recipe changed = recipe;
  Change out;
  for (const Saving* saving : chosen) {
    if (!saving->apply(changed)) {
      return std::nullopt;
    }
    out.overrides.push_back(saving->argument);
    out.effect = saving->effect.empty() ? out.effect : saving->effect;
  }
  try {
    out.cost = cost_of(changed, spec, options);
  } catch (const Error&) {
    return std::nullopt;  // e.g. no layer that adapters could go to
  }
  return out;
}

double expense(const Change& change, const std::vector<const Saving*>& chosen, double seconds) {
  double out = change.cost.seconds / seconds + 0.01 * static_cast<double>(chosen.size());
  for (const Saving* saving : chosen) {
    out += saving->penalty;
  }
  return out;
}

/// Every non-empty set of at most three savings; of smaller batches and of kinds of recompute at
/// most one.
std::vector<std::vector<const Saving*>> sets_of(const std::vector<Saving>& all) {
  std::vector<std::vector<const Saving*>> out;
  for (std::uint32_t bits = 1; bits < (1U << all.size()); ++bits) {
    std::vector<const Saving*> chosen;
    int batches = 0;
    int recomputes = 0;
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (((bits >> i) & 1U) != 0) {
        chosen.push_back(&all[i]);
        batches += all[i].argument.starts_with("--step_scheduler") ? 1 : 0;
        recomputes += all[i].argument.starts_with(kRecompute) ? 1 : 0;
      }
    }
    if (batches <= 1 && recomputes <= 1 && chosen.size() <= 3) {
      out.push_back(std::move(chosen));
    }
  }
  return out;
}

}  // namespace

std::vector<Change> cheapest_changes(const config::Recipe& recipe, const spec::ModelSpec& spec,
                                     const CostOptions& options) {
  const double seconds = cost_of(recipe, spec, options).seconds;
  auto all = savings(recipe);
  constexpr std::size_t kMost = 12;  // smaller batches are listed first, largest first
  if (all.size() > kMost) {
    all.erase(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(all.size() - kMost));
  }
  std::vector<std::pair<double, Change>> found;
  for (const auto& chosen : sets_of(all)) {
    auto change = after(recipe, spec, options, chosen);
    if (change &&
        static_cast<std::uint64_t>(change->cost.memory.total()) <= options.machine.memory_bytes) {
      const double cost = expense(*change, chosen, seconds);
      found.emplace_back(cost, std::move(*change));
    }
  }
  std::ranges::stable_sort(found, {}, &std::pair<double, Change>::first);
  std::vector<Change> out;
  for (auto& [cost, change] : found) {
    if (out.size() < 3) {
      out.push_back(std::move(change));
    }
  }
  return out;
}

}  // namespace automodel::plan
