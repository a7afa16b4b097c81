#include "recipes/finetune/run_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/cores.h"
#include "base/division.h"
#include "base/error.h"
#include "base/isa.h"
#include "base/json_change.h"
#include "base/known.h"
#include "base/text.h"
#include "checkpoint/base_files.h"
#include "data/describe.h"
#include "models/classifiers.h"
#include "models/find_model.h"
#include "models/registry.h"
#include "ops/cross_entropy.h"
#include "plan/run_cost.h"
#include "recipes/finetune/checkpoint_model.h"
#include "recipes/finetune/router_training.h"
#include "recipes/finetune/unlearnt_tokens.h"
#include "tensor/dtype.h"
#include "tensor/threads.h"

namespace automodel::recipes {
namespace {

static_assert(plan::kLossRows == ops::CrossEntropyOptions().chunk_rows);
static_assert(plan::kChunksOfNarrowSum == ops::kChunksOfNarrowSum);

/// Seconds. A shorter step takes mostly what no plan counts: calls, threads that wait.
constexpr double kShortStep = 0.05;

plan::Storage storage_of(at::ScalarType dtype) {
  return dtype == at::kBFloat16 ? plan::Storage::bfloat16
         : dtype == at::kHalf   ? plan::Storage::float16
                                : plan::Storage::float32;
}

std::vector<plan::HeldParameter> held(const RunModel& run) {
  std::vector<plan::HeldParameter> out;
  for (const auto& parameter : run.model.parameters().all()) {
    out.push_back({.name = parameter.spec.name,
                   .numel = parameter.value.numel(),
                   .storage = storage_of(parameter.value.scalar_type()),
                   .layer = parameter.spec.layer,
                   .role = parameter.spec.role,
                   .is_linear = parameter.spec.is_linear,
                   .is_trained = parameter.value.requires_grad()});
  }
  return out;
}

double learnt_share(const data::Survey& survey) {
  const auto sum = [](const std::vector<std::int64_t>& counts) {
    return static_cast<double>(std::accumulate(counts.begin(), counts.end(), std::int64_t{0}));
  };
  const double all = sum(survey.lengths);
  return all > 0 ? sum(survey.trained) / all : 1;
}

/// The micro-batch with the longest row. The others in it are of mean length, unless rows of
/// similar length come together.
plan::BatchShape fullest_batch(const config::Recipe& recipe, const RunModel& run,
                               const RunData& data) {
  const auto& lengths = data.train.survey.lengths;
  const std::int64_t mean = mean_row_tokens(recipe, data);
  const std::int64_t longest = data.packs || lengths.empty() ? mean : std::ranges::max(lengths);
  const std::int64_t rows = loader_options(recipe).local_batch_size;
  const std::int64_t others = recipe.dataloader.group_by_length ? longest : mean;
  const std::int64_t row_tokens = ceil_div(longest + (rows - 1) * others, rows);
  return {.rows = rows,
          .row_tokens = row_tokens,
          .labels = std::llround(learnt_share(data.train.survey) *
                                 static_cast<double>(rows * row_tokens)),
          .compute_width = width_of(storage_of(run.model.options().compute)),
          .recompute = run.model.options().recompute,
          .own_kernels = run.model.options().device.is_cpu() && chosen_isa() != Isa::reference,
          .threads = num_workers()};
}

std::int64_t num_values(const std::vector<nn::Parameter>& parameters, bool trained) {
  std::int64_t count = 0;
  for (const auto& parameter : parameters) {
    count += parameter.value.requires_grad() == trained ? parameter.value.numel() : 0;
  }
  return count;
}

std::vector<std::string> class_names(const checkpoint::ModelFolder& source) {
  const Json names = models::class_keys(source.config, source.spec.num_labels).at("id2label");
  std::vector<std::string> out;
  for (std::int64_t label = 0; label < source.spec.num_labels; ++label) {
    out.push_back(names.at(std::to_string(label)).get<std::string>());
  }
  return out;
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
      fmt::format("parameters  {} trained, {} frozen ({:.2f} % trained)", human_count(trained),
                  human_count(frozen),
                  100 * static_cast<double>(trained) / static_cast<double>(trained + frozen))};
  if (spec.is_classifier()) {
    out.push_back(fmt::format("classes     {}{}: {}", spec.num_labels,
                              run.source.fresh_parameters.empty()
                                  ? ""
                                  : ", told by a new head that is drawn from the seed",
                              join(class_names(run.source), ", ")));
  }
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

/// What the model computes, without how it is drawn and trained.
spec::ModelSpec computed(spec::ModelSpec model) {
  model.init = {};
  model.init_rules.clear();
  model.dropout = 0;
  model.pad_token_id.reset();
  for (auto& layer : model.layers) {
    if (auto* moe = spec::moe_of(layer)) {
      moe->training = {};
    }
  }
  return model;
}

/// Whether an adapter needs another config.json than the base model's.
bool changes_base(const config::ModelSource& model, const checkpoint::ModelFolder& source) {
  if (model.is_fresh() || model.config_overrides.empty()) {
    return false;
  }
  const auto classes = source.spec.is_classifier()
                           ? models::classifier_overrides(source.spec.num_labels)
                           : Json::object();
  const auto spec = models::read_spec(source.config, source.name);
  try {
    const auto base = checkpoint::open_model(
        source.name, {.revision = source.revision, .config_overrides = classes, .weights = false});
    return computed(base.spec) != computed(spec);
  } catch (const Error&) {
    return true;  // the recipe mends it
  }
}

std::vector<std::string> describe_lora(const config::Recipe& recipe, const RunModel& run) {
  if (!run.lora) {
    return {};
  }
  std::vector<std::string> roles;
  for (const auto& role : run.lora->roles) {
    roles.push_back(
        fmt::format("{} of {} {}", role.adapted, role.total, spec::to_string(role.role)));
  }
  const auto& lora = run.model.parameters().lora();
  const auto& begun = known(recipe.peft).adapter_name_or_path;
  std::vector<std::string> out = {
      fmt::format("adapters    rank {}, scale {:g}, dropout {:g}; on {}{}", lora.rank, lora.scale,
                  lora.dropout, join(roles, ", "), begun ? "; begun with " + *begun : "")};
  if (begun) {
    const auto folder = models::find_model(*begun);
    if (const auto warning = checkpoint::other_base_warning(folder, run.source.path)) {
      out.push_back("warning: " + *warning);
    }
    const Json& ours = recipe.model.config_overrides;
    if (const Json theirs = overrides_beside(folder).value_or(ours);
        !json_changes(theirs, ours).empty()) {
      out.push_back(
          fmt::format("warning: the adapter in {} was trained with other changes of its base's "
                      "config.json: {}, here {}",
                      folder.string(), theirs.dump(), ours.dump()));
    }
  }
  if (!recipe.checkpoint.merged_export && changes_base(recipe.model, run.source)) {
    out.emplace_back(
        "warning: an adapter's folder has no place for what the section model changes of "
        "config.json: whoever loads it must change the base model's alike (merge and generate do, "
        "while it lies in its checkpoint). checkpoint.merged_export: true also saves the whole "
        "model");
  }
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
  for (const auto& warning : data.warnings) {
    out.push_back("warning: " + warning);
  }
  return out;
}

std::vector<std::string> describe_steps(const config::Recipe& recipe, const RunData& data,
                                        const config::StepPlan& steps) {
  const auto batch = std::min(loader_options(recipe).global_batch_size, data.train.dataset->size());
  return {fmt::format(
      "steps       {} of {} rows, about {} tokens each; {}; seed {}", steps.end_step, batch,
      human_count(batch * mean_row_tokens(recipe, data)),
      steps.epoch_len ? fmt::format("{} an epoch", *steps.epoch_len) : "the rows begin again",
      recipe.seed)};
}

/// What is trained beside plain cross-entropy.
std::vector<std::string> describe_loss(const config::LossFn& loss) {
  std::vector<std::string> terms;
  if (loss.label_smoothing != 0) {
    terms.push_back(fmt::format("label smoothing {}", loss.label_smoothing));
  }
  if (loss.z_loss != 0) {
    terms.push_back(fmt::format("z-loss x{}", loss.z_loss));
  }
  if (terms.empty()) {
    return {};
  }
  return {fmt::format("loss        cross-entropy with {}; without in validation",
                      join(terms, " and "))};
}

plan::MemoryPlan step_memory(const config::Recipe& recipe, const RunModel& run,
                             const RunData& data) {
  const plan::StepShape step{
      .batch = fullest_batch(recipe, run, data),
      .accumulates = config::accumulation_steps(recipe.step_scheduler, 1) > 1,
      .optimizer = plan::optimizer_shape(recipe.optimizer)};
  return plan::plan_memory(run.model.spec(), held(run), step);
}

/// Where it does not fit, the longest rows decide when the run ends.
std::vector<std::string> describe_memory(const config::Recipe& recipe, const RunModel& run,
                                         const plan::MemoryPlan& memory) {
  std::vector<std::string> out = {"memory      about " + plan::memory_text(memory)};
  const auto usable = usable_memory_bytes();
  const bool fits = static_cast<std::uint64_t>(memory.total()) <= usable;
  if (!recipe.distributed.activation_checkpointing) {
    out.push_back(fmt::format(
        "recompute   {}: the {} {}", recompute_name(run.model.options().recompute),
        fits ? "least that fits into" : "most that there is, for", human_bytes(usable)));
  }
  if (!fits) {
    out.push_back(fmt::format(
        "warning: the step is planned to take {}, but this process may use {}: the run will be "
        "short of memory at its longest rows. 'automodel plan' says what makes it fit",
        plan::bytes_text(memory.total()), human_bytes(usable)));
  }
  return out;
}

}  // namespace

void choose_recompute(const config::Recipe& recipe, RunModel& run, const RunData& data) {
  if (recipe.distributed.activation_checkpointing) {
    return;
  }
  const auto bytes = [&](Recompute recompute) {
    run.model.set_recompute(recompute);
    return step_memory(recipe, run, data).total();
  };
  run.model.set_recompute(plan::least_recompute(bytes, usable_memory_bytes()));
}

std::optional<Forecast> forecast_run(const config::Recipe& recipe, const RunModel& run,
                                     const RunData& data) {
  if (!run.model.options().device.is_cpu()) {
    return std::nullopt;
  }
  config::Recipe named = recipe;
  named.distributed.activation_checkpointing = run.model.options().recompute;
  const plan::CostOptions usual{.machine = plan::this_machine(),
                                .row_tokens = mean_row_tokens(recipe, data),
                                .storage = storage_of(run.storage)};
  return Forecast{.memory = step_memory(recipe, run, data),
                  .step_seconds = plan::cost_of(named, run.model.spec(), usual).seconds};
}

std::vector<std::string> compare_with(const std::optional<Forecast>& forecast,
                                      const RunTotals& totals) {
  if (totals.num_steps == 0) {
    return {};
  }
  const double seconds = totals.seconds / static_cast<double>(totals.num_steps);
  const std::string memory = plan::bytes_text(totals.peak_memory_bytes);
  if (!forecast) {
    return {fmt::format("memory      {} measured", memory),
            fmt::format("time        {:.3g} s a step measured", seconds)};
  }
  const auto off = [](double planned, double measured) {
    return planned > 0 ? 100 * (measured / planned - 1) : 0;
  };
  const double planned = forecast->step_seconds;
  const std::int64_t total = forecast->memory.total();
  return {
      fmt::format("memory      {} planned, {} measured ({:+.0f} %)", plan::bytes_text(total),
                  memory,
                  off(static_cast<double>(total), static_cast<double>(totals.peak_memory_bytes))),
      fmt::format("time        {:.3g} s a step planned, {:.3g} s measured ({})", planned, seconds,
                  planned < kShortStep
                      ? "the plan counts arithmetic and memory, little of so short a step"
                      : fmt::format("{:+.0f} %", off(planned, seconds)))};
}

Json to_json(const std::optional<Forecast>& forecast) {
  return forecast ? Json{{"memory_bytes", forecast->memory.total()},
                         {"step_seconds", forecast->step_seconds}}
                  : Json();
}

std::vector<std::string> describe_run(const config::Recipe& recipe, const RunModel& run,
                                      const RunData& data, const config::StepPlan& steps,
                                      const std::optional<Forecast>& forecast) {
  std::vector<std::string> out = describe_model(run);
  const auto append = [&](const std::vector<std::string>& lines) {
    out.insert(out.end(), lines.begin(), lines.end());
  };
  append(describe_lora(recipe, run));
  append(unlearnt_tokens(run, data));
  append(describe_data(recipe, data));
  append(describe_steps(recipe, data, steps));
  append(describe_loss(recipe.loss_fn));
  if (forecast) {
    append(describe_memory(recipe, run, forecast->memory));
  }
  return out;
}

std::string show_first_sample(const RunData& data, bool is_terminal) {
  const auto sample = data.train.dataset->sample(0);
  const auto style = is_terminal ? data::MarkStyle::colour : data::MarkStyle::brackets;
  return fmt::format("first row, learnt text {}:\n{}", is_terminal ? "in green" : "in [brackets]",
                     data::show_sample(sample, data.text.tokenizer, style));
}

std::vector<std::string> check_first_loss(const config::Recipe& recipe,
                                          const train::StepResult& first,
                                          const spec::ModelSpec& spec) {
  constexpr std::int64_t kLeastLabels = 100;  // a few short answers in a new form are unlikely
  const double loss = first.loss;
  if (spec.is_classifier()) {
    return {};  // a head that was just drawn may be sure of anything
  }
  if (recipe.loss_fn.label_smoothing != 0 || recipe.loss_fn.z_loss != 0) {
    return {};  // guessing every token alike has another loss then
  }
  const double uniform = std::log(static_cast<double>(spec.vocab_size));
  const bool fresh = recipe.model.is_fresh();
  if (loss > uniform + 1 && !fresh && first.num_label_tokens >= kLeastLabels) {
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
