#include "recipes/run_state.h"

#include "base/error.h"
#include "base/file.h"
#include "checkpoint/adapter.h"
#include "checkpoint/atomic_folder.h"
#include "checkpoint/export.h"
#include "checkpoint/signature.h"
#include "config/print.h"

namespace automodel::recipes {
namespace {

constexpr std::string_view kStateFolder = "optim";

void write_text(const std::filesystem::path& path, const std::string& text) {
  OutputFile file(path);
  file.write(text);
  file.close();
}

Json losses(const SaveMoment& moment) {
  Json json = {{"train_loss", moment.loss}};
  if (moment.validation_loss) {
    json["val_loss"] = *moment.validation_loss;
  }
  return json;
}

}  // namespace

void RunState::visit(StateVisitor& visitor) {
  for (auto& parameter : model.parameters().all()) {
    if (parameter.value.requires_grad()) {
      visitor.tensor("parameter." + parameter.spec.name, parameter.value);
    }
  }
  optimizer.visit(visitor);
  train::visit(schedule, visitor);
  visitor.integer("loader.epoch", loader.epoch);
  visitor.integer("loader.sample", loader.sample);
  visitor.integer("next_step", next_step);
}

RunCheckpoints::RunCheckpoints(const config::LoadedRecipe& loaded, const RunModel& run)
    : loaded_(loaded), run_(run) {
  const auto& section = loaded.recipe.checkpoint;
  if (section.enabled) {
    store_.emplace(checkpoint::StoreOptions{
        .folder = section.checkpoint_dir,
        .max_recent = section.max_recent_checkpoints,
        .signature = checkpoint::model_signature(config::to_json(loaded.tree))});
  }
}

RunCheckpoints::Restored RunCheckpoints::restore(RunState& state) const {
  if (!store_) {
    return {};
  }
  auto found = store_->find(loaded_.recipe.checkpoint.restore_from);
  if (!found.checkpoint) {
    return {.path = std::nullopt, .notes = std::move(found.warnings)};
  }
  const auto& path = found.checkpoint->path;
  const ErrorContext context("restoring {}", path.string());
  const auto planned = state.schedule;
  StateRestorer restorer(path / kStateFolder);
  state.visit(restorer);
  restorer.finish();
  if (state.schedule != planned) {
    found.warnings.push_back(
        "lr_scheduler: the schedule saved in the checkpoint goes on; the recipe's differs");
  }
  return {.path = path, .notes = std::move(found.warnings)};
}

std::optional<checkpoint::SaveResult> RunCheckpoints::save(RunState& state,
                                                           const SaveMoment& moment) {
  if (!store_) {
    return std::nullopt;
  }
  return store_->save({.epoch = moment.epoch,
                       .step = moment.step,
                       .validation_loss = moment.validation_loss,
                       .write = [&](const auto& folder) { write(folder, state, moment); }});
}

void RunCheckpoints::write(const std::filesystem::path& folder, RunState& state,
                           const SaveMoment& moment) const {
  checkpoint::make_folders(folder / kStateFolder);
  StateSaver saver;
  state.visit(saver);
  saver.finish(folder / kStateFolder);
  write_model(folder / "model", moment);
  write_text(folder / "config.yaml", config::print_tree(loaded_.tree, /*lines=*/false));
  write_text(folder / "losses.json", losses(moment).dump() + "\n");
}

void RunCheckpoints::write_model(const std::filesystem::path& folder,
                                 const SaveMoment& moment) const {
  checkpoint::make_folders(folder);
  const auto& parameters = run_.model.parameters();
  if (run_.lora) {
    checkpoint::write_peft_adapter(folder, parameters, run_.source.name);
  }
  if (wants_whole_model(moment)) {
    checkpoint::make_folders(folder / "consolidated");
    checkpoint::write_hf_folder(folder / "consolidated", run_.source, parameters,
                                {.dtype = run_.storage});
  }
}

bool RunCheckpoints::wants_whole_model(const SaveMoment& moment) const {
  const auto& section = loaded_.recipe.checkpoint;
  if (run_.lora) {
    return section.merged_export && moment.is_final;
  }
  return section.save_consolidated == config::SaveConsolidated::every ||
         (section.save_consolidated == config::SaveConsolidated::final && moment.is_final);
}

}  // namespace automodel::recipes
