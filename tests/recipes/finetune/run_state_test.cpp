#include "recipes/finetune/run_state.h"

#include <gmock/gmock.h>

#include "base/error.h"
#include "recipes/tiny_recipe.h"

namespace automodel::recipes {
namespace {

/// A run without data: what is saved and restored.
struct Held {
  config::LoadedRecipe loaded;
  RunModel run;
  train::Optimizer optimizer;
  RunState state;

  explicit Held(config::LoadedRecipe recipe)
      : loaded(std::move(recipe)),
        run(load_run_model(loaded.recipe)),
        optimizer(run.model.parameters().trained(), loaded.recipe.optimizer),
        state{
            .run = run, .optimizer = optimizer, .schedule = config::plan_rates(loaded.recipe, 10)} {
  }

  Tensor weight() const { return run.model.parameters().trained()[0].value.detach(); }
  void change() {
    weight().add_(1);
    optimizer.step({.lr = 0.01, .weight_decay = 0.1});
    state.loader = {.epoch = 2, .sample = 3};
    state.next_step = 4;
  }
  /// From the run's checkpoint; what the user is told of the schedule.
  std::vector<std::string> go_on() {
    const auto planned = state.schedule;
    EXPECT_TRUE(RunCheckpoints(loaded).restore(state).notes.empty());
    return settle_schedule(loaded.recipe, planned, state);
  }
};

TEST(RunCheckpoints, BringEverythingBack) {
  const TinyRecipe recipe;
  Held saved(recipe.load()), back(recipe.load());
  saved.change();
  {
    RunCheckpoints checkpoints(saved.loaded);
    const auto result = checkpoints.save(saved.state, {.epoch = 2, .step = 3});
    EXPECT_EQ(result->path.filename(), "epoch_2_step_3");
  }
  RunCheckpoints checkpoints(back.loaded);
  const auto restored = checkpoints.restore(back.state);
  EXPECT_EQ(restored.path->filename(), "epoch_2_step_3");
  EXPECT_TRUE(restored.notes.empty());
  EXPECT_TRUE(at::equal(back.weight(), saved.weight()));
  EXPECT_EQ(back.optimizer.num_steps(), 1);
  EXPECT_EQ(back.state.loader, saved.state.loader);
  EXPECT_EQ(back.state.next_step, 4);
}

/// Runs on rows of Megatron's, or another target's, in their order.
class MegatronRuns : public ::testing::Test {
 protected:
  static constexpr auto kMegatron = "megatron_dataset.MegatronPretraining";

  /// Saves a checkpoint behind `next_step` steps on a data set of so many rows.
  void save(const data::LoaderState& loader, std::int64_t next_step, std::int64_t rows) const {
    Held held(recipe_.load());
    set_data(held, rows, kMegatron);
    held.state.loader = loader;
    held.state.next_step = next_step;
    RunCheckpoints(held.loaded).save(held.state, {.step = next_step});
  }
  /// Where a run on a data set of so many rows goes on.
  data::LoaderState next_row(std::int64_t rows, const std::vector<std::string>& overrides = {},
                             const char* target = kMegatron) const {
    Held back(recipe_.load(overrides));
    set_data(back, rows, target);
    RunCheckpoints(back.loaded).restore(back.state);
    return back.state.loader;
  }
  std::string refusal(std::int64_t rows, const std::vector<std::string>& overrides) const {
    try {
      next_row(rows, overrides);
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::invalid_argument);
      return error.message();
    }
    return "no error";
  }
  static void set_data(Held& held, std::int64_t rows, const char* target) {
    held.loaded.recipe.dataset.target = target;
    held.state.ground = {{"data", {{"rows", rows}}}, {"order", {{"shuffle", false}}}};
  }

  TinyRecipe recipe_;
};

TEST_F(MegatronRuns, LongerDataGoOnBehindTheEarlierOnes) {
  save({.epoch = 1}, 2, 24);
  EXPECT_EQ(next_row(36), (data::LoaderState{.epoch = 0, .sample = 24}));
  EXPECT_EQ(next_row(24), data::LoaderState{.epoch = 1}) << "the run is over";
  EXPECT_EQ(next_row(36, {}, "chat_dataset.ChatDataset"), data::LoaderState{.epoch = 1});
  Held saved(recipe_.load());
  saved.state.ground = nullptr;  // of a version that did not say
  saved.state.loader = {.epoch = 1};
  RunCheckpoints(saved.loaded).save(saved.state, {.step = 3});
  EXPECT_EQ(next_row(36), data::LoaderState{.epoch = 1});
}

/// The first run has batches of 16 rows, this one of 8.
std::vector<std::string> smaller_batches(int max_steps) {
  return {"--step_scheduler.global_batch_size=8", "--step_scheduler.local_batch_size=8",
          fmt::format("--step_scheduler.max_steps={}", max_steps)};
}

TEST_F(MegatronRuns, SmallerBatchesAskForMoreSamples) {
  save({.epoch = 1}, 100, 1600);
  EXPECT_EQ(refusal(1600, smaller_batches(200)),
            "dataset.num_train_samples: the data set has 1600 samples, but the steps up to the "
            "checkpoint took 1600, and the 100 that are left take 8 each; set it to 2400, and the "
            "run goes on with the samples behind");
  EXPECT_THAT(refusal(960, smaller_batches(120)), ::testing::HasSubstr("set it to 1760"));
  EXPECT_EQ(next_row(2400, smaller_batches(200)), (data::LoaderState{.epoch = 0, .sample = 1600}));
}

TEST_F(MegatronRuns, SmallerBatchesAskForMoreSamplesInTheMiddle) {
  save({.epoch = 0, .sample = 640}, 40, 1600);
  const auto shorter = smaller_batches(100);
  EXPECT_THAT(refusal(800, shorter),
              ::testing::HasSubstr("took 640, and the 60 that are left take 8 "
                                   "each; set it to 1120"));
  EXPECT_EQ(next_row(1120, shorter), (data::LoaderState{.epoch = 0, .sample = 640}));
  save({.epoch = 0, .sample = 960}, 60, 1600);
  EXPECT_THAT(refusal(800, shorter), ::testing::HasSubstr("set it to 1280"));
}

/// Parts without weights have no more rows than there are, and begin again.
TEST_F(MegatronRuns, DataThatBeginAgainByThemselvesAreEnough) {
  save({.epoch = 0, .sample = 400}, 50, 500);
  EXPECT_EQ(next_row(500, smaller_batches(200)), (data::LoaderState{.epoch = 0, .sample = 400}));
}

TEST(RunCheckpoints, TheSavedScheduleGoesOnAndIsTold) {
  const TinyRecipe recipe;
  Held saved(recipe.load()), back(recipe.load({"--optimizer.lr=0.5"}));
  {
    RunCheckpoints(saved.loaded).save(saved.state, {});
  }
  const auto notes = back.go_on();
  EXPECT_EQ(back.state.schedule, saved.state.schedule);
  EXPECT_THAT(
      notes, ::testing::ElementsAre("lr_scheduler: the schedule in the checkpoint goes on, not the "
                                    "recipe's (the next step's learning rate is 0.01; the "
                                    "recipe's would be 0.5). To use the recipe's give "
                                    "--lr_scheduler.use_checkpoint_opt_param_scheduler=false "
                                    "--lr_scheduler.override_opt_param_scheduler=true "
                                    "--lr_scheduler.lr_decay_style=constant "
                                    "--lr_scheduler.lr_warmup_steps=0"));
}

/// A run whose learning rate came down to 0 at step 4 is to make 10 steps.
class Extended : public ::testing::Test {
 protected:
  Extended() {
    Held saved(load({"--lr_scheduler.lr_decay_steps=3"}));
    saved.change();
    RunCheckpoints(saved.loaded).save(saved.state, {.step = 3});
  }
  config::LoadedRecipe load(std::vector<std::string> overrides) const {
    overrides.insert(overrides.end(),
                     {"--lr_scheduler.lr_decay_style=linear", "--lr_scheduler.lr_warmup_steps=0",
                      "--lr_scheduler.min_lr=0"});
    return recipe_.load(overrides);
  }
  static constexpr const char* kNotSaved =
      "--lr_scheduler.use_checkpoint_opt_param_scheduler=false";

  TinyRecipe recipe_;
};

TEST_F(Extended, TheWarningSaysThatTheScheduleEnded) {
  Held back(load({}));
  const auto notes = back.go_on();
  ASSERT_THAT(notes, ::testing::SizeIs(1));
  EXPECT_THAT(notes[0],
              ::testing::HasSubstr("(the next step's learning rate is 0, as it ended at step 3 and "
                                   "stays there; the recipe's would be 0.006)"));
  EXPECT_THAT(notes[0], ::testing::EndsWith("override_opt_param_scheduler=true"));
  EXPECT_EQ(back.state.schedule.lr_at(4), 0);
}

TEST_F(Extended, TheRecipesScheduleCountsIfItIsAskedFor) {
  Held back(load({kNotSaved, "--lr_scheduler.override_opt_param_scheduler=true"}));
  EXPECT_TRUE(back.go_on().empty());
  EXPECT_EQ(back.state.next_step, 4);
  EXPECT_DOUBLE_EQ(back.state.schedule.lr_at(4), 0.006);
  {
    RunCheckpoints(back.loaded).save(back.state, {.step = 5});
  }
  Held later(load({}));
  EXPECT_TRUE(later.go_on().empty());
  EXPECT_DOUBLE_EQ(later.state.schedule.lr_at(4), 0.006);
}

TEST_F(Extended, WithoutEitherBothMustBeTheSame) {
  Held back(load({kNotSaved}));
  try {
    back.go_on();
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::invalid_argument);
    EXPECT_THAT(error.message(), ::testing::HasSubstr("not the recipe's (the next step's"));
    EXPECT_THAT(error.message(), ::testing::HasSubstr("override_opt_param_scheduler: true"));
  }
  Held same(load({kNotSaved, "--lr_scheduler.lr_decay_steps=3"}));
  EXPECT_TRUE(same.go_on().empty());
}

TEST(RunCheckpoints, NothingToRestore) {
  const TinyRecipe recipe;
  Held held(recipe.load());
  EXPECT_FALSE(RunCheckpoints(held.loaded).restore(held.state).path.has_value());
}

TEST(RunCheckpoints, SwitchedOff) {
  const TinyRecipe recipe;
  Held held(recipe.load({"--checkpoint.enabled=false"}));
  RunCheckpoints checkpoints(held.loaded);
  EXPECT_FALSE(checkpoints.save(held.state, {}).has_value());
  EXPECT_FALSE(checkpoints.restore(held.state).path.has_value());
  const auto other = recipe.load();
  EXPECT_THROW(RunCheckpoints{other}, Error);  // would write the same logs
}

TEST(RunCheckpoints, ARepeatedRunGoesOnWhereverItBegan) {
  const TinyRecipe recipe;
  Held saved(recipe.load());
  saved.change();
  RunCheckpoints(saved.loaded).save(saved.state, {.step = 1});
  const auto from_there = recipe.load({"--checkpoint.restore_from=epoch_0_step_1"});
  for (const std::int64_t step : {2, 3}) {
    Held held(from_there);
    RunCheckpoints checkpoints(held.loaded);
    const auto restored = checkpoints.restore(held.state);
    EXPECT_EQ(restored.path->filename(), fmt::format("epoch_0_step_{}", step - 1));
    checkpoints.save(held.state, {.step = step});
  }
  Held held(recipe.load());
  RunCheckpoints checkpoints(held.loaded);
  checkpoints.restore(held.state);
  const auto again = checkpoints.save(held.state, {.step = 4});
  EXPECT_EQ(checkpoint::read_manifest(again->path).restore_from, "epoch_0_step_1");
}

bool has_whole_model(const std::vector<std::string>& overrides, bool is_final) {
  const TinyRecipe recipe;
  Held held(recipe.load(overrides));
  const auto saved = RunCheckpoints(held.loaded).save(held.state, {.is_final = is_final});
  return std::filesystem::exists(saved->path / "model/consolidated/model.safetensors");
}

TEST(RunCheckpoints, WholeModelsAreWrittenWhenAskedFor) {
  EXPECT_TRUE(has_whole_model({}, true));
  EXPECT_FALSE(has_whole_model({}, false));
  EXPECT_TRUE(has_whole_model({"--checkpoint.save_consolidated=true"}, false));
  EXPECT_FALSE(has_whole_model({"--checkpoint.save_consolidated=false"}, true));
  const std::string lora = "--peft._target_=nemo_automodel.components._peft.lora.PeftConfig";
  EXPECT_FALSE(has_whole_model({lora}, true));
  EXPECT_TRUE(has_whole_model({lora, "--checkpoint.merged_export"}, true));
}

TEST(RunCheckpoints, AMissingWholeModelIsWrittenLater) {
  const TinyRecipe recipe;
  Held held(recipe.load({"--checkpoint.save_consolidated=false"}));
  held.change();
  const checkpoint::ValidationLoss loss{0.5, {{"rows", 8}}};
  const auto path =
      RunCheckpoints(held.loaded).save(held.state, {.step = 5, .validation_loss = loss})->path;
  EXPECT_FALSE(RunCheckpoints(held.loaded).save_missing_model(held.state, path).has_value());
  const auto wanted = recipe.load();
  RunCheckpoints checkpoints(wanted);
  EXPECT_EQ(checkpoints.save_missing_model(held.state, path)->path, path);
  EXPECT_TRUE(std::filesystem::exists(path / "model/consolidated/model.safetensors"));
  EXPECT_EQ(checkpoint::read_manifest(path).validation_loss, loss);
  EXPECT_FALSE(checkpoints.save_missing_model(held.state, path).has_value());
}

}  // namespace
}  // namespace automodel::recipes
