#include "train/progress.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "base/file.h"

namespace automodel::train {
namespace {

StepMetrics metrics(std::int64_t step) {
  return {.step = step,
          .result = {.loss = 0.12344, .grad_norm = 0.5, .num_tokens = 1624, .num_label_tokens = 68},
          .rates = {.lr = 1e-3},
          .seconds = 2,
          .peak_memory_bytes = std::int64_t{5} << 28};
}

TEST(ProgressText, OneLine) {
  EXPECT_EQ(progress_text(metrics(11), 24, 42),
            "step 12/24 | loss 0.1234 | lr 1.00e-03 | grad norm 0.5 | 812 tokens/s (34 trained) | "
            "1.25 GiB | 0:42 left");
  auto classifier = metrics(11);
  classifier.result.accuracy = 0.5;
  EXPECT_THAT(progress_text(classifier, 24, 42),
              ::testing::StartsWith("step 12/24 | loss 0.1234 | accuracy 0.500 | lr 1.00e-03 | "));
}

TEST(ProgressText, FitsATerminal) {
  const std::string text = progress_text(metrics(11), 24, 42);
  EXPECT_EQ(within(text, text.size() + 1), text);
  EXPECT_EQ(within(text, text.size()),
            "step 12/24 | loss 0.1234 | lr 1.00e-03 | grad norm 0.5 | 812 tokens/s (34 trained) | "
            "0:42 left");
  EXPECT_EQ(within(text, 40), "step 12/24 | loss 0.1234 | 0:42 left");
  EXPECT_EQ(within(text, 20), "step 12/24 | loss 0");
}

TEST(Progress, GoesOnWhereItCannotWrite) {
  std::FILE* full = std::fopen("/dev/full", "w");
  ASSERT_NE(full, nullptr);
  Progress progress(full, false, 24);
  ::testing::internal::CaptureStderr();
  progress.note("one");
  progress.step(metrics(1));
  const auto said = ::testing::internal::GetCapturedStderr();
  EXPECT_THAT(said, ::testing::AllOf(::testing::HasSubstr("(No space left on device)"),
                                     ::testing::EndsWith("it goes on without\n")));
  EXPECT_EQ(std::count(said.begin(), said.end(), '\n'), 1);
  EXPECT_EQ(std::fclose(full), 0);
}

std::string written(bool is_terminal) {
  const std::string path = ::testing::TempDir() + "/am_progress";
  std::FILE* stream = std::fopen(path.c_str(), "w");
  Progress progress(stream, is_terminal, 10);
  progress.step(metrics(0));
  progress.step(metrics(1));
  progress.note("saved");
  std::fclose(stream);
  return read_file(path);
}

TEST(Progress, ATerminalLineIsRewritten) {
  const std::string text = written(true);
  EXPECT_EQ(std::ranges::count(text, '\r'), 2);
  EXPECT_EQ(std::ranges::count(text, '\n'), 2);
  EXPECT_TRUE(text.ends_with("\nsaved\n"));
}

TEST(Progress, ElsewhereEachStepHasItsLine) {
  const std::string text = written(false);
  EXPECT_EQ(std::ranges::count(text, '\r'), 0);
  EXPECT_EQ(std::ranges::count(text, '\n'), 3);
  EXPECT_THAT(text, ::testing::HasSubstr("step 2/10 "));
}

TEST(Progress, SaysOnceThatStepsAreComputedTwice) {
  const std::string path = ::testing::TempDir() + "/am_progress_twice";
  std::FILE* stream = std::fopen(path.c_str(), "w");
  Progress progress(stream, /*is_terminal=*/false, 10);
  for (std::int64_t step = 0; step < 3; ++step) {
    auto one = metrics(step);
    one.result.computed_twice = step > 0;
    progress.step(one);
  }
  std::fclose(stream);
  const auto lines = read_file(path);
  EXPECT_THAT(lines, ::testing::ContainsRegex("step 1/10 .*\nwarning: float16 does not hold this "
                                              "step's gradients times 1,024.*\nstep 2/10 "));
  EXPECT_EQ(std::ranges::count(lines, '\n'), 4);
}

TEST(Progress, EstimatesTheTimeLeft) {
  EXPECT_THAT(written(false), ::testing::HasSubstr("0:18 left"));
}

TEST(Progress, CountsWhatPassesBetweenSteps) {
  const std::string path = ::testing::TempDir() + "/am_progress_pauses";
  std::FILE* stream = std::fopen(path.c_str(), "w");
  Progress progress(stream, /*is_terminal=*/false, 3602);
  auto quick = metrics(0);
  quick.seconds = 0;
  progress.step(quick);
  std::this_thread::sleep_for(std::chrono::milliseconds(50));  // a validation, say
  ++quick.step;
  progress.step(quick);
  std::fclose(stream);
  const auto lines = read_file(path);
  EXPECT_THAT(lines, ::testing::HasSubstr(" | 0:00 left\n"));
  EXPECT_THAT(lines, ::testing::Not(::testing::EndsWith(" | 0:00 left\n")));
}

}  // namespace
}  // namespace automodel::train
