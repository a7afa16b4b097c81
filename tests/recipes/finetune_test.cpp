#include "recipes/finetune.h"

#include <gmock/gmock.h>

#include <csignal>

#include "base/text.h"
#include "recipes/tiny_recipe.h"
#include "tensor/expect_error.h"

namespace automodel::recipes {
namespace {

TEST(RunFinetune, FromRecipeToCheckpointAndLogs) {
  const TinyRecipe tiny;
  ::testing::internal::CaptureStdout();
  EXPECT_EQ(run_finetune(tiny.load({"--step_scheduler.validate_at_start"})), ExitCode::ok);
  const std::string told = ::testing::internal::GetCapturedStdout();
  EXPECT_THAT(told, ::testing::HasSubstr("step 2/2 | loss "));
  EXPECT_THAT(told, ::testing::HasSubstr("on held-out rows: "));
  EXPECT_TRUE(std::filesystem::exists(tiny.path("out/epoch_0_step_1/manifest.json")));
  EXPECT_TRUE(std::filesystem::exists(tiny.path("out/training.jsonl")));
}

TEST(RunFinetune, GoesOnWhereACheckpointIs) {
  const TinyRecipe tiny;
  ::testing::internal::CaptureStdout();
  run_finetune(tiny.load({"--step_scheduler.max_steps=1"}));
  run_finetune(tiny.load());
  const std::string told = ::testing::internal::GetCapturedStdout();
  EXPECT_THAT(told, ::testing::HasSubstr("going on from "));
  EXPECT_THAT(told, ::testing::HasSubstr("epoch_0_step_0"));
}

/// Of more than 2000 rows not all are looked at before; the fifth is none that can be learnt.
void write_late_error(const TinyRecipe& tiny, const std::string& name) {
  tiny.write_rows(name, 2500);
  auto rows = split(read_file(tiny.path(name)), '\n');
  rows.at(4) = R"({"messages": [{"role": "user", "content": "w1"}]})";
  write_text(tiny.path(name), join(rows, "\n"));
}

TEST(RunFinetune, ARowThatCannotBeUsedCostsNoStep) {
  const TinyRecipe tiny;
  write_late_error(tiny, "train.jsonl");
  const auto train = [&] { run_finetune(tiny.load({"--dataloader.shuffle=false"})); };
  ::testing::internal::CaptureStdout();
  testing::expect_error(ErrorKind::corrupt_data, "train.jsonl:5", train);
  EXPECT_TRUE(std::filesystem::exists(tiny.path("out/epoch_0_step_0/manifest.json")));
  tiny.write_rows("train.jsonl", 2500);
  train();
  EXPECT_THAT(::testing::internal::GetCapturedStdout(), ::testing::HasSubstr("step 2/2 | loss "));
}

TEST(RunFinetune, NorDoesOneOfTheValidation) {
  const TinyRecipe tiny;
  write_late_error(tiny, "validation.jsonl");
  ::testing::internal::CaptureStdout();
  testing::expect_error(ErrorKind::corrupt_data, "validation.jsonl:5",
                        [&] { run_finetune(tiny.load()); });
  ::testing::internal::GetCapturedStdout();
  EXPECT_TRUE(std::filesystem::exists(tiny.path("out/epoch_0_step_1/model/consolidated")));
}

}  // namespace
}  // namespace automodel::recipes
