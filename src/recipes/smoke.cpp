#include "recipes/smoke.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "config/not_built.h"
#include "recipes/benchmark.h"
#include "recipes/finetune.h"
#include "recipes/smoke/mock_data.h"
#include "recipes/smoke/mock_model.h"

namespace automodel::recipes {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kSteps = 3;
constexpr std::int64_t kMostRows = 2;
constexpr std::int64_t kMostPacked = 256;

/// Removed with all that is in it.
class ScratchFolder {
 public:
  ScratchFolder() : path_(fs::temp_directory_path() / fmt::format("automodel_smoke_{}", getpid())) {
    [[maybe_unused]] const auto error = remove_tree(path_);
    fs::create_directories(path_);
  }
  ~ScratchFolder() { [[maybe_unused]] const auto error = remove_tree(path_); }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

/// Accumulation stays if there is any.
void shrink_steps(config::StepScheduler& steps) {
  const std::int64_t micro_batches = steps.global_batch_size / steps.local_batch_size;
  steps.local_batch_size = std::min(steps.local_batch_size, kMostRows);
  steps.global_batch_size =
      steps.local_batch_size * std::clamp<std::int64_t>(micro_batches, 1, kMostRows);
  steps.max_steps = kSteps;
  steps.num_epochs = kSteps;
  steps.ckpt_every_steps = kSteps;
  steps.val_every_steps = std::nullopt;
}

void shrink_schedule(std::optional<config::LrScheduler>& schedule) {
  if (!schedule) {
    return;
  }
  const auto shorten = [](std::optional<std::int64_t>& steps, std::int64_t most) {
    steps = steps ? std::optional(std::min(*steps, most)) : steps;
  };
  shorten(schedule->lr_warmup_steps, 1);
  shorten(schedule->lr_decay_steps, kSteps);
  shorten(schedule->wsd_decay_steps, 1);
}

std::string processes(const config::Distributed& d) {
  return fmt::format("{}tp_size {}, pp_size {}, cp_size {}, ep_size {}",
                     d.dp_size ? fmt::format("dp_size {}, ", *d.dp_size) : "", d.tp_size, d.pp_size,
                     d.cp_size, d.ep_size);
}

void one_process(config::Distributed& d) {
  d.dp_size = std::nullopt;
  d.dp_replicate_size = std::nullopt;
  d.tp_size = d.pp_size = d.cp_size = d.ep_size = 1;
}

void shrink_benchmark(config::Recipe& recipe) {
  const auto found = recipe.other.find("benchmark");
  if (found != recipe.other.end()) {
    found->second["warmup_steps"] = 1;
    found->second["json_output_path"] = nullptr;
  }
}

/// The programs that watch a run write there too.
void redirect(config::Recipe& recipe, const fs::path& folder) {
  recipe.checkpoint.checkpoint_dir = (folder / "run").string();
  recipe.checkpoint.restore_from = std::nullopt;
  for (const auto& [section, key] : {std::pair("wandb", "dir"), std::pair("mlflow", "tracking_uri"),
                                     std::pair("tensorboard", "log_dir")}) {
    const auto found = recipe.other.find(section);
    if (found != recipe.other.end() && found->second.is_object()) {
      found->second[key] = (folder / section).string();
    }
  }
}

}  // namespace

std::vector<std::string> make_small(config::Recipe& recipe, const fs::path& folder) {
  std::vector<std::string> notes;
  const std::string name = recipe.model.pretrained_model_name_or_path;
  const auto model = write_mock_model(recipe.model, folder / "model");
  notes.push_back(fmt::format(
      "model       {}, shrunk, with fresh weights{}", model.model_type,
      model.is_from_config ? ""
                           : fmt::format("; by its name, since {} is not on this machine", name)));
  config::ModelSource& source = recipe.model;
  source.entry = config::ModelEntry::from_config;
  source.pretrained_model_name_or_path = (folder / "model").string();
  source.revision = std::nullopt;
  source.config_class.clear();
  source.config_overrides = Json::object();
  if (recipe.peft) {  // which fits the model that is not shrunk
    recipe.peft->adapter_name_or_path = std::nullopt;
  }
  recipe.dataset.tokenizer = config::TokenizerSource{};
  recipe.dataset = mock_dataset(recipe.dataset, folder, "train", model.vocab_size);
  for (auto& [set, section] : recipe.validation_datasets) {
    section = mock_dataset(section, folder, "validation_" + set, model.vocab_size);
  }
  notes.push_back("data        made up, as " + recipe.dataset.target);
  const config::Distributed before = recipe.distributed;
  one_process(recipe.distributed);
  if (!(before == recipe.distributed)) {
    notes.push_back("processes   one, instead of " + processes(before));
  }
  shrink_steps(recipe.step_scheduler);
  shrink_schedule(recipe.lr_scheduler);
  shrink_benchmark(recipe);
  auto& packed = recipe.packed_sequence.packed_sequence_size;
  packed = std::min(packed, kMostPacked);
  for (auto* loader : {&recipe.dataloader, &recipe.validation_dataloader}) {
    loader->batch_size = loader->batch_size
                             ? std::optional(std::min(*loader->batch_size, kMostRows))
                             : loader->batch_size;
  }
  redirect(recipe, folder);
  return notes;
}

ExitCode run_smoke(config::LoadedRecipe loaded) {
  const auto waits = config::find_not_built(loaded.tree, config::Scope::smoke);
  check(waits.empty(), ErrorKind::unsupported,
        "{} asks for what is not supported yet, --smoke cannot try it:\n  {}", loaded.path,
        join(waits, "\n  "));
  const ScratchFolder folder;
  fmt::print("smoke run of {}\n", loaded.path);
  for (const auto& note : make_small(loaded.recipe, folder.path())) {
    fmt::print("{}\n", note);
  }
  const auto code = loaded.recipe.is_benchmark ? run_benchmark(loaded) : run_finetune(loaded);
  if (code == ExitCode::ok) {
    fmt::print("the recipe works: {} steps were made\n", kSteps);
  }
  return code;
}

}  // namespace automodel::recipes
