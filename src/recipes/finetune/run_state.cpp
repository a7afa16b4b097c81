#include "recipes/finetune/run_state.h"

#include <algorithm>
#include <iterator>

#include "base/error.h"
#include "base/json_change.h"
#include "base/pointer.h"
#include "base/text.h"
#include "checkpoint/atomic_folder.h"
#include "checkpoint/base_files.h"
#include "checkpoint/export.h"
#include "checkpoint/model_state.h"
#include "checkpoint/signature.h"
#include "config/print.h"
#include "corpus/run_data.h"
#include "models/find_model.h"
#include "train/non_finite.h"

namespace automodel::recipes {
namespace {

bool wants_consolidated(const config::Checkpoint& section, bool is_final) {
  return section.save_consolidated == config::SaveConsolidated::every ||
         (section.save_consolidated == config::SaveConsolidated::final && is_final);
}

/// What of the rows or their order is not as it was.
std::vector<std::string> changed_rows(const Json& ours, const Json& theirs) {
  std::vector<std::string> out;
  for (const char* part : {"data", "order"}) {
    if (theirs.contains(part)) {
      for (const JsonChange& change : json_changes(theirs.at(part), ours.at(part))) {
        out.push_back(fmt::format("{}.{}", part, change.path));
      }
    }
  }
  return out;
}

std::int64_t num_rows(const Json& ground) {
  const Json::json_pointer at("/data/rows");
  const bool says_so = ground.contains(at) && ground.at(at).is_number_integer();
  return says_so ? ground.at(at).get<std::int64_t>() : 0;
}

/// An epoch's end where a checkpoint with the ground `theirs` stands at one, not the next one's
/// beginning.
data::LoaderState behind_rows(const data::LoaderState& loader, const Json& theirs) {
  const bool is_at_an_end = loader.epoch > 0 && loader.sample == 0 && num_rows(theirs) > 0;
  return is_at_an_end ? data::LoaderState{.epoch = loader.epoch - 1, .sample = num_rows(theirs)}
                      : loader;
}

/// Refuses data that are as long as asked for, and so do not begin again by themselves, but have
/// too few rows behind `taken` for the steps that are left: those before had larger batches.
void check_rows_behind(const data::LoaderState& taken, std::int64_t next_step,
                       const config::Recipe& recipe, const Json& ours) {
  const auto num_steps = recipe.step_scheduler.max_steps.value_or(0) - next_step;
  if (num_steps <= 0 || taken.epoch > 0) {
    return;
  }
  const auto rows = num_rows(ours);
  const auto batch = corpus::loader_options(recipe).global_batch_size;
  const auto needed = taken.sample + num_steps * batch;
  const Json wanted = corpus::data_sections(recipe).front().keys.keys.at("num_train_samples");
  check(rows >= needed || rows < wanted.get<std::int64_t>(), ErrorKind::invalid_argument,
        "dataset.num_train_samples: the data set has {} samples, but the steps up to the "
        "checkpoint took {}, and the {} that are left take {} each; set it to {}, and the run goes "
        "on with the samples behind",
        rows, taken.sample, num_steps, batch, needed);
}

/// Megatron's data are as long as the run. Those behind the checkpoint's come next, not the first
/// ones again.
void go_on_behind(RunState& state, const config::Recipe& recipe, const Json& theirs) {
  const Json& ours = state.ground;
  if (!recipe.dataset.target.ends_with(".MegatronPretraining") ||
      ours.value("order", Json::object()).value("shuffle", true)) {
    return;
  }
  const auto taken = behind_rows(state.loader, theirs);
  check_rows_behind(taken, state.next_step, recipe, ours);
  if (taken.sample < num_rows(ours)) {
    state.loader = taken;
  }
}

/// Where a part of the ground is not what it was, as "eps was 1e-8, is 1e-6; ..."; empty where it
/// is.
std::string changes_of(const char* part, const Json& ours, const Json& theirs) {
  return theirs.contains(part) ? describe_changes(theirs.at(part), ours.at(part)) : "";
}

/// What is not as it was when the checkpoint with the ground `theirs` was written.
std::vector<std::string> changed_ground(const RunState& state, const Json& theirs) {
  std::vector<std::string> out;
  if (const auto config = changes_of("config", state.ground, theirs); !config.empty()) {
    out.push_back(
        fmt::format("the model's configuration is not that of the checkpoint ({}): its weights "
                    "were trained with the earlier one",
                    config));
  }
  for (const auto& [part, name] :
       {std::pair("settings", "settings"), std::pair("dataset", "the data set's keys")}) {
    if (const auto changes = changes_of(part, state.ground, theirs); !changes.empty()) {
      out.push_back(
          fmt::format("{} are not those of the checkpoint ({}): from here on the new ones count",
                      name, changes));
    }
  }
  if (const auto rows = changed_rows(state.ground, theirs); !rows.empty()) {
    out.push_back(
        fmt::format("the rows or their order are not those of the checkpoint ({} changed): after "
                    "row {} of epoch {} rows may come a second time in this epoch, or not at all",
                    join(rows, ", "), state.loader.sample, state.loader.epoch));
  }
  return out;
}

/// The words that make the recipe's schedule count.
std::string overriding_words(const config::Recipe& recipe) {
  return fmt::format(
      "--lr_scheduler.use_checkpoint_opt_param_scheduler=false "
      "--lr_scheduler.override_opt_param_scheduler=true{}",
      recipe.lr_scheduler
          ? ""
          : " --lr_scheduler.lr_decay_style=constant --lr_scheduler.lr_warmup_steps=0");
}

std::string ended_text(const config::RateSchedule& schedule, std::int64_t next_step) {
  return schedule.style != config::DecayStyle::constant && next_step > schedule.decay_steps
             ? fmt::format(", as it ended at step {} and stays there", schedule.decay_steps)
             : "";
}

}  // namespace

std::vector<std::string> settle_schedule(const config::Recipe& recipe,
                                         const config::RateSchedule& planned, RunState& state) {
  if (state.schedule == planned) {
    return {};
  }
  const auto section = recipe.lr_scheduler.value_or(config::LrScheduler{});
  if (section.override_opt_param_scheduler) {
    state.schedule = planned;
    return {};
  }
  const auto lr = [&](const auto& schedule) { return schedule.lr_at(state.next_step); };
  const auto difference =
      fmt::format("(the next step's learning rate is {:.3g}{}; the recipe's would be {:.3g}{})",
                  lr(state.schedule), ended_text(state.schedule, state.next_step), lr(planned),
                  state.schedule.end_wd == planned.end_wd
                      ? ""
                      : fmt::format("; weight decay {:.3g}, the recipe's {:.3g}",
                                    state.schedule.end_wd, planned.end_wd));
  check(section.use_checkpoint_opt_param_scheduler, ErrorKind::invalid_argument,
        "the schedule in the checkpoint is not the recipe's {}, and "
        "lr_scheduler.use_checkpoint_opt_param_scheduler: false forbids to go on with it. To use "
        "the recipe's add lr_scheduler.override_opt_param_scheduler: true",
        difference);
  return {
      fmt::format("lr_scheduler: the schedule in the checkpoint goes on, not the recipe's {}. "
                  "To use the recipe's give {}",
                  difference, overriding_words(recipe))};
}

std::vector<checkpoint::StateItem> RunState::items() {
  return {
      {"optim", [this](StateVisitor& visitor) { optimizer.visit(visitor); }},
      {"lr_scheduler", [this](StateVisitor& visitor) { train::visit(schedule, visitor); }},
      {"dataloader",
       [this](StateVisitor& visitor) {
         visitor.integer("epoch", loader.epoch);
         visitor.integer("sample", loader.sample);
       }},
      {"step_scheduler", [this](StateVisitor& visitor) { visitor.integer("step", next_step); }}};
}

SaveMoment last_moment(const std::filesystem::path& checkpoint) {
  const auto manifest = checkpoint::read_manifest(checkpoint);
  const auto losses = checkpoint / checkpoint::kLossesFile;
  return {.epoch = manifest.epoch,
          .step = manifest.step,
          .is_final = true,
          .validation_loss = manifest.validation_loss,
          .losses = std::filesystem::exists(losses) ? read_json(losses) : Json::object()};
}

RunCheckpoints::RunCheckpoints(const config::LoadedRecipe& loaded) : loaded_(loaded) {
  const auto& section = loaded.recipe.checkpoint;
  if (section.enabled) {
    store_.emplace(checkpoint::StoreOptions{
        .folder = section.checkpoint_dir,
        .max_recent = section.max_recent_checkpoints,
        .signature = checkpoint::model_signature(config::to_json(loaded.tree))});
  } else {
    lock_ = checkpoint::hold_for_logs(section.checkpoint_dir);
  }
}

bool RunCheckpoints::begins() const {
  const auto& named = loaded_.recipe.checkpoint.restore_from;
  return !store_ || (named.value_or(kLatest) == kLatest && store_->list().empty());
}

RunCheckpoints::Restored RunCheckpoints::restore(RunState& state) {
  if (!store_) {
    return {};
  }
  auto found = store_->find(loaded_.recipe.checkpoint.restore_from);
  if (!found.checkpoint) {
    return {.path = std::nullopt, .notes = std::move(found.warnings)};
  }
  restore_from_ = found.begins_anew ? loaded_.recipe.checkpoint.restore_from
                                    : found.checkpoint->manifest.restore_from;
  if (state.ground.contains("base")) {
    checkpoint::check_base(state.ground.at("base"), *found.checkpoint);
  }
  {
    const ErrorContext context(
        "going on from {}: what is trained and its types must be as they were there; to train anew "
        "choose another checkpoint.checkpoint_dir",
        found.checkpoint->path.string());
    checkpoint::restore_model_state(found.checkpoint->path / "model", state.run.source,
                                    state.run.model.parameters());
    checkpoint::restore_state(*found.checkpoint, state.items());
  }
  go_on_behind(state, loaded_.recipe, found.checkpoint->manifest.ground);
  std::ranges::move(changed_ground(state, found.checkpoint->manifest.ground),
                    std::back_inserter(found.warnings));
  return {.path = found.checkpoint->path, .notes = std::move(found.warnings)};
}

std::vector<std::string> RunCheckpoints::compare_sets(const Json& validation_set) const {
  return store_ ? store_->compare_sets(validation_set) : std::vector<std::string>();
}

std::optional<checkpoint::SaveResult> RunCheckpoints::save(RunState& state,
                                                           const SaveMoment& moment) {
  if (!store_) {
    return std::nullopt;
  }
  state.run.model.zero_grad();  // room for what saving needs
  train::check_finite_weights(state.run.model.parameters(), moment.step);
  return store_->save(
      {.epoch = moment.epoch,
       .step = moment.step,
       .ground = state.ground,
       .restore_from = restore_from_,
       .validation_loss = moment.validation_loss,
       .losses = moment.losses,
       .config_yaml = config::print_tree(loaded_.tree, /*lines=*/false),
       .write_model = [&](const auto& folder) { write_model(folder, state.run, moment); },
       .state = state.items()});
}

std::optional<checkpoint::SaveResult> RunCheckpoints::save_missing_model(
    RunState& state, const std::filesystem::path& path) {
  const auto& section = loaded_.recipe.checkpoint;
  const bool is_wanted =
      state.run.lora ? section.merged_export : wants_consolidated(section, /*is_final=*/true);
  if (!is_wanted || std::filesystem::is_directory(path / "model" / models::kConsolidated)) {
    return std::nullopt;
  }
  return save(state, last_moment(path));
}

void RunCheckpoints::write_model(const std::filesystem::path& folder, const RunModel& run,
                                 const SaveMoment& moment) const {
  const auto& section = loaded_.recipe.checkpoint;
  const auto consolidated = wants_consolidated(section, moment.is_final)
                                ? checkpoint::Consolidated::yes
                                : checkpoint::Consolidated::no;
  checkpoint::write_model_state(folder, run.source, run.model.parameters(), consolidated);
  if (run.lora && section.merged_export && moment.is_final) {
    checkpoint::make_folders(folder / models::kConsolidated);
    checkpoint::write_hf_folder(folder / models::kConsolidated, run.source, run.model.parameters(),
                                {.dtype = run.storage});
  }
}

}  // namespace automodel::recipes
