#include "train/metrics.h"

#include <gmock/gmock.h>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"

namespace automodel::train {
namespace {

using ::testing::ElementsAre;
using ::testing::MatchesRegex;

const StepMetrics kStep{
    .step = 3,
    .epoch = 1,
    .result = {.loss = 0.5, .grad_norm = 2, .num_tokens = 100, .num_label_tokens = 10},
    .rates = {.lr = 1e-3, .weight_decay = 0.1},
    .seconds = 2,
    .peak_memory_bytes = std::int64_t{3} << 29};

TEST(Metrics, UpstreamsFieldsOfAStep) {
  const Json json = to_json(kStep, "now");
  EXPECT_EQ(json.dump(),
            R"({"step":3,"epoch":1,"timestamp":"now","loss":0.5,"grad_norm":2.0,"lr":0.001,)"
            R"("mem":1.5,"tps":50.0,"tps_per_gpu":50.0,"num_tokens_per_step":100,)"
            R"("num_label_tokens":10,"weight_decay":0.1,"label_tps":5.0,"step_seconds":2.0})");
}

TEST(Metrics, UpstreamsFieldsOfAValidation) {
  const ValidationMetrics metrics{.step = 3,
                                  .epoch = 1,
                                  .evaluation = {.loss = 0.25,
                                                 .token_accuracy = 0.5,
                                                 .exact_match = 0.75,
                                                 .num_label_tokens = 8,
                                                 .num_rows = 4},
                                  .lr = 1e-3,
                                  .seconds = 1,
                                  .peak_memory_bytes = 1 << 30};
  EXPECT_EQ(to_json(metrics, "now").dump(),
            R"({"step":3,"epoch":1,"timestamp":"now","val_loss":0.25,"lr":0.001,)"
            R"("num_label_tokens":8,"mem":1.0,"token_accuracy":0.5,"exact_match":0.75,)"
            R"("num_rows":4,"seconds":1.0})");
}

TEST(Metrics, AccuracyOfAClassifier) {
  StepMetrics step = kStep;
  step.result.accuracy = 0.75;
  EXPECT_EQ(to_json(step, "now").at("accuracy"), 0.75);
  const Json json =
      to_json(ValidationMetrics{.evaluation = {.token_accuracy = 0.5, .of_classes = true}}, "now");
  EXPECT_EQ(json.at("val_accuracy"), 0.5);
  EXPECT_FALSE(json.contains("token_accuracy") || json.contains("exact_match"));
}

TEST(Metrics, Timestamp) {
  EXPECT_THAT(utc_timestamp(), MatchesRegex("20..-..-..T..:..:..\\....Z"));
}

class JsonLinesTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_FALSE(remove_tree(folder_)); }
  void TearDown() override { ASSERT_FALSE(remove_tree(folder_)); }
  std::vector<std::string> lines() const { return split(read_file(path_), '\n'); }

  std::filesystem::path folder_ = ::testing::TempDir() + "/am_json_lines";
  std::filesystem::path path_ = folder_ / "training.jsonl";
};

TEST_F(JsonLinesTest, EachLineIsThereAtOnce) {
  JsonLines log(path_, 0);
  log.write({{"step", 0}});
  EXPECT_THAT(lines(), ElementsAre(R"({"step":0})", ""));
}

TEST_F(JsonLinesTest, AResumedRunReplacesTheStepsThatItRepeats) {
  std::filesystem::create_directories(folder_);
  OutputFile(path_).write("{\"step\":0}\n{\"step\":1}\n{\"step\":2}\n{\"st");
  JsonLines log(path_, 2);
  log.write({{"step", 2}, {"again", true}});
  EXPECT_THAT(lines(),
              ElementsAre(R"({"step":0})", R"({"step":1})", R"({"step":2,"again":true})", ""));
}

TEST_F(JsonLinesTest, AFolderThatCannotBeMade) {
  std::filesystem::create_directories(folder_);
  OutputFile(folder_ / "file").write("x");
  try {
    JsonLines(folder_ / "file" / "training.jsonl", 0);
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_THAT(error.message(), ::testing::HasSubstr("cannot make the folder"));
  }
}

TEST(JsonLines, AFullDisk) {
  JsonLines log("/dev/full", 0);
  try {
    log.write({{"step", 0}});
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_THAT(error.message(), ::testing::HasSubstr("is the disk full?"));
  }
}

}  // namespace
}  // namespace automodel::train
