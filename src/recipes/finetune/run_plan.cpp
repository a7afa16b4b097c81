#include "recipes/finetune/run_plan.h"

#include <fmt/format.h>

#include <cmath>

#include "base/isa.h"
#include "base/text.h"
#include "data/describe.h"
#include "recipes/finetune/router_training.h"
#include "tensor/dtype.h"

namespace automodel::recipes {
namespace {

constexpr std::int64_t kLogitRows = 256;  // of one chunk of the loss

std::string bytes_text(std::int64_t bytes) {
  return human_bytes(static_cast<std::uint64_t>(bytes));
}

std::string count_text(std::int64_t count) {
  return human_count(static_cast<std::uint64_t>(count));
}

std::int64_t kept_by_ffn(const spec::Mlp& mlp) { return (mlp.gated ? 2 : 1) * mlp.inner; }

std::int64_t kept_by_ffn(const spec::Moe& moe) {
  return 2 * moe.per_token * moe.inner + 2 * moe.experts +
         (moe.shared ? kept_by_ffn(moe.shared->mlp) : 0);
}

std::int64_t kept_by_ffn(const spec::MlpBesideMoe& both) {
  return kept_by_ffn(both.mlp) + kept_by_ffn(both.moe);
}

/// Queries, keys, values, the output and the latents of one token.
std::int64_t kept_by(const spec::Gqa& gqa) { return 2 * gqa.head_dim * (gqa.heads + gqa.kv_heads); }
std::int64_t kept_by(const spec::Mla& mla) {
  return 2 * mla.heads * (mla.head_dim() + mla.value_dim) + 2 * mla.q_lora_rank.value_or(0) +
         2 * mla.kv_lora_rank;
}

/// Values that one layer keeps of one token for its backward.
std::int64_t kept_per_token(const spec::Layer& layer, std::int64_t dim) {
  const auto attention = std::visit([](const auto& mixer) { return kept_by(mixer); }, layer.mixer);
  const auto input = layer.input ? dim + 3 * layer.input->dim : 0;
  return 4 * dim + attention + input +
         std::visit([](const auto& ffn) { return kept_by_ffn(ffn); }, layer.ffn);
}

std::int64_t activation_bytes(const parallel::ShardedModel& model, std::int64_t tokens) {
  const auto& spec = model.spec();
  std::int64_t values = 0, largest = 0;
  for (const auto& layer : spec.layers) {
    const auto kept = kept_per_token(layer, spec.dim);
    values += model.options().recompute ? spec.dim : kept;
    largest = std::max(largest, kept);
  }
  values += model.options().recompute ? largest : 0;
  const auto width = static_cast<std::int64_t>(c10::elementSize(model.options().compute));
  return (tokens * values + 2 * std::min(tokens, kLogitRows) * spec.vocab_size) * width;
}

std::int64_t num_values(const std::vector<nn::Parameter>& parameters, bool trained) {
  std::int64_t count = 0;
  for (const auto& parameter : parameters) {
    count += parameter.value.requires_grad() == trained ? parameter.value.numel() : 0;
  }
  return count;
}

std::vector<std::string> describe_model(const RunModel& run) {
  const auto& spec = run.model.spec();
  const auto& all = run.model.parameters().all();
  const auto trained = num_values(all, true);
  const auto frozen = num_values(all, false);
  std::vector<std::string> out = {
      fmt::format("model       {}: {}, {} layers, width {}, vocabulary {}", run.source.name,
                  spec.architecture, spec.layers.size(), spec.dim, spec.vocab_size),
      fmt::format("types       stored in {}, computed in {} on {} ({})", dtype_name(run.storage),
                  dtype_name(run.compute.dtype), run.model.options().device.str(),
                  run.compute.reason),
      fmt::format("kernels     {}", run.model.options().device.is_cpu()
                                        ? describe_isa()
                                        : "LibTorch's for " + run.model.options().device.str()),
      fmt::format("parameters  {} trained, {} frozen ({:.2f} % trained)", count_text(trained),
                  count_text(frozen),
                  100 * static_cast<double>(trained) / static_cast<double>(trained + frozen))};
  if (const auto routers = describe_router_training(spec); !routers.empty()) {
    out.push_back("routers     " + routers);
  }
  if (spec.dropout > 0) {
    out.push_back(fmt::format(
        "warning: config.json asks for dropout {:g} in training; dropout inside the model is not "
        "applied",
        spec.dropout));
  }
  return out;
}

std::vector<std::string> describe_lora(const RunModel& run) {
  if (!run.lora) {
    return {};
  }
  std::vector<std::string> roles;
  for (const auto& role : run.lora->roles) {
    roles.push_back(
        fmt::format("{} of {} {}", role.adapted, role.total, spec::to_string(role.role)));
  }
  const auto& lora = run.model.parameters().lora();
  std::vector<std::string> out = {
      fmt::format("adapters    rank {}, scale {:g}, dropout {:g}; on {}", lora.rank, lora.scale,
                  lora.dropout, join(roles, ", "))};
  for (const auto& pattern : run.lora->idle_excludes) {
    out.push_back(fmt::format("warning: peft.exclude_modules: '{}' excludes nothing", pattern));
  }
  return out;
}

std::vector<std::string> describe_data(const config::Recipe& recipe, const RunData& data) {
  std::vector<std::string> out;
  const auto add = [&](const std::string& title, const data::Survey& survey) {
    for (const auto& line : data::describe_survey(survey)) {
      out.push_back(fmt::format("{:<11} {}", title, line));
    }
  };
  add("data", data.train.survey);
  if (data.packs) {
    out.push_back(fmt::format("{:<11} {}", "packing",
                              data::describe_packs(*data.packs, pack_options(recipe))));
  }
  for (const auto& [name, prepared] : data.validation) {
    add(name == "default" ? "validation" : "val. " + name, prepared.survey);
  }
  return out;
}

std::vector<std::string> describe_steps(const config::Recipe& recipe, const RunData& data,
                                        const config::StepPlan& steps) {
  const auto batch = recipe.step_scheduler.global_batch_size;
  return {fmt::format("steps       {} of {} rows, about {} tokens each; {} an epoch; seed {}",
                      steps.end_step, batch, count_text(batch * mean_row_tokens(recipe, data)),
                      steps.epoch_len.value_or(0), recipe.seed)};
}

}  // namespace

MemoryPlan plan_memory(const parallel::ShardedModel& model, std::int64_t optimizer_bytes,
                       std::int64_t tokens) {
  MemoryPlan plan{.optimizer = optimizer_bytes, .activations = activation_bytes(model, tokens)};
  for (const auto& parameter : model.parameters().all()) {
    const auto bytes = static_cast<std::int64_t>(parameter.value.nbytes());
    (parameter.value.requires_grad() ? plan.trained : plan.frozen) += bytes;
  }
  plan.gradients = plan.trained;
  return plan;
}

std::vector<std::string> describe_run(const config::Recipe& recipe, const RunModel& run,
                                      const RunData& data, const config::StepPlan& steps,
                                      std::int64_t optimizer_bytes) {
  std::vector<std::string> out = describe_model(run);
  const auto append = [&](const std::vector<std::string>& lines) {
    out.insert(out.end(), lines.begin(), lines.end());
  };
  append(describe_lora(run));
  append(describe_data(recipe, data));
  append(describe_steps(recipe, data, steps));
  const auto memory =
      plan_memory(run.model, optimizer_bytes,
                  recipe.step_scheduler.local_batch_size * mean_row_tokens(recipe, data));
  out.push_back(fmt::format(
      "memory      {}: frozen weights {}, trained weights {}, gradients {}, optimizer {}, "
      "activations about {}",
      bytes_text(memory.total()), bytes_text(memory.frozen), bytes_text(memory.trained),
      bytes_text(memory.gradients), bytes_text(memory.optimizer), bytes_text(memory.activations)));
  return out;
}

std::string show_first_sample(const RunData& data, bool is_terminal) {
  const auto sample = data.train.dataset->sample(0);
  const auto style = is_terminal ? data::MarkStyle::colour : data::MarkStyle::brackets;
  return fmt::format("first row, learnt text {}:\n{}", is_terminal ? "in green" : "in [brackets]",
                     data::show_sample(sample, data.text.tokenizer, style));
}

std::vector<std::string> check_first_loss(const config::Recipe& recipe, double loss,
                                          std::int64_t vocab_size) {
  const double uniform = std::log(static_cast<double>(vocab_size));
  const bool fresh = recipe.model.entry == config::ModelEntry::from_config;
  if (loss > uniform + 1 && !fresh) {
    return {
        fmt::format("the first loss, {:.2f}, is worse than guessing every token alike ({:.2f}): do "
                    "model and tokenizer belong together?",
                    loss, uniform)};
  }
  if (fresh && std::abs(loss - uniform) > 1) {
    return {
        fmt::format("the first loss, {:.2f}, is far from that of a fresh model, ln(vocabulary) = "
                    "{:.2f}",
                    loss, uniform)};
  }
  return {};
}

}  // namespace automodel::recipes
