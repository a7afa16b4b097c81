#include "recipes/finetune/run_summary.h"

#include <gmock/gmock.h>

#include "checkpoint/manifest.h"
#include "recipes/tiny_recipe.h"

namespace automodel::recipes {
namespace {

using ::testing::ElementsAre;

RunTotals two_steps() {
  RunTotals totals;
  for (const std::int64_t memory : {std::int64_t{3} << 29, std::int64_t{1} << 30}) {
    totals.add({.result = {.num_tokens = 500, .num_label_tokens = 20},
                .seconds = 2,
                .peak_memory_bytes = memory});
  }
  return totals;
}

const std::string kTotals =
    "trained 2 steps, 1 K tokens (40 learnt) in 0:04, 250 tokens/s; peak memory 1.5 GiB";

TEST(DescribeResult, WithoutCheckpoint) {
  EXPECT_THAT(describe_result(two_steps(), std::nullopt), ElementsAre(kTotals));
}

TEST(DescribeResult, NothingDone) {
  EXPECT_THAT(describe_result({}, std::nullopt),
              ElementsAre("nothing left to do: the run is complete; to train anew choose another "
                          "checkpoint.checkpoint_dir"));
}

TEST(DescribeResult, NamesWhatLiesInTheCheckpoint) {
  const testing::TemporaryFolder folder;
  write_text(folder / "model/consolidated/config.json", "{}");
  const std::string model = (folder / "model").string();
  EXPECT_THAT(describe_result(two_steps(), folder.path()),
              ElementsAre(kTotals, "model        " + model + "/consolidated"));
  write_text(folder / "model/adapter_config.json", "{}");
  write_text(folder / "model/adapter_model.safetensors", "");
  EXPECT_THAT(
      describe_result(two_steps(), folder.path()),
      ElementsAre(kTotals, "adapter      " + model, "merged model " + model + "/consolidated"));
}

TEST(DescribeResult, NamesABetterCheckpointThanTheLast) {
  const testing::TemporaryFolder folder;
  const auto save = [&](const char* name, double loss) {
    std::filesystem::create_directories(folder / name / "model");
    checkpoint::seal(folder / name,
                     {.validation_loss = checkpoint::ValidationLoss{loss}, .files = {}});
  };
  save("epoch_0_step_1", 0.25);
  save("epoch_0_step_3", 0.5);
  const auto link = folder / "LOWEST_VAL";
  std::filesystem::create_directory_symlink("epoch_0_step_1", link);
  EXPECT_THAT(describe_result(two_steps(), folder / "epoch_0_step_1"), ElementsAre(kTotals));
  EXPECT_THAT(describe_result(two_steps(), folder / "epoch_0_step_3"),
              ElementsAre(kTotals, "better       " + link.string() +
                                       " (epoch_0_step_1): its validation loss is 0.2500, the last "
                                       "one's 0.5000; 'automodel convert' makes a model of it"));
}

}  // namespace
}  // namespace automodel::recipes
