#include "recipes/finetune/disk_need.h"

#include <gmock/gmock.h>

#include "recipes/tiny_recipe.h"

namespace automodel::recipes {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

DiskNeed need_of(const std::vector<std::string>& overrides, std::int64_t next_step = 0) {
  const TinyRecipe tiny;
  const auto loaded = tiny.load(overrides);
  const auto run = load_run_model(loaded.recipe);
  const train::Optimizer optimizer(run.model.parameters().trained(), loaded.recipe.optimizer);
  const auto plan = config::plan_steps(loaded.recipe.step_scheduler, 4);
  return disk_need(loaded.recipe, run, optimizer, plan, next_step);
}

const std::vector<std::string> kOften = {"--step_scheduler.max_steps=10",
                                         "--step_scheduler.ckpt_every_steps=3"};

std::vector<std::string> often(const std::string& more) {
  auto out = kOften;
  out.push_back(more);
  return out;
}

TEST(DiskNeed, CountsWhatWillBeThere) {
  EXPECT_EQ(need_of(kOften).num_checkpoints, 6);  // steps 2, 5, 8, ends of epochs 3, 7, the last 9
  EXPECT_EQ(need_of(kOften, 4).num_checkpoints, 4);
  EXPECT_EQ(need_of(often("--checkpoint.max_recent_checkpoints=2")).num_checkpoints, 3);
  EXPECT_EQ(need_of({"--checkpoint.enabled=false"}), DiskNeed());
}

TEST(DiskNeed, IsThatOfTheTensors) {
  const TinyRecipe tiny;
  const auto loaded = tiny.load();
  const auto run = load_run_model(loaded.recipe);
  const auto whole = 4 * spec::num_parameters(run.model.spec());
  EXPECT_EQ(need_of({}).checkpoint_bytes, 3 * whole);  // with two moments
  const std::string peft = "--peft._target_=nemo_automodel.components._peft.lora.PeftConfig";
  EXPECT_LT(need_of({peft}).checkpoint_bytes, 3 * whole);
  EXPECT_EQ(need_of({peft}).merged_bytes, 0);
  EXPECT_GT(need_of({peft, "--checkpoint.merged_export=true"}).merged_bytes, whole);
}

TEST(CheckDisk, WarnsWhereItIsTooSmall) {
  const DiskNeed need{.num_checkpoints = 3, .checkpoint_bytes = 1024, .merged_bytes = 1024};
  EXPECT_THAT(check_disk(need, "out", 4096), IsEmpty());
  EXPECT_THAT(check_disk(need, "out", 4095),
              ElementsAre(HasSubstr("take about 4 KiB (3 of 1 KiB), but the disk of out has")));
  EXPECT_THAT(check_disk(DiskNeed(), "out", 0), IsEmpty());
  EXPECT_THAT(check_disk({.num_checkpoints = 1, .checkpoint_bytes = 1024}, "."), IsEmpty());
}

}  // namespace
}  // namespace automodel::recipes
