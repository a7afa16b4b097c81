#include "watch/mlflow.h"

#include <gmock/gmock.h>

#include "base/error.h"
#include "base/text.h"
#include "tests/watch/folder.h"

namespace automodel::watch {
namespace {

using ::testing::HasSubstr;

// Read by MLflow itself in tests/cli/test_watch.py.
class MlflowFiles : public Folder {
 protected:
  std::unique_ptr<Writer> make(const RunFacts& run = facts()) const {
    return mlflow_writer({.folder = path_,
                          .experiment = "exp",
                          .description = "what",
                          .tags = {{"a", "b"}},
                          .run_id = "f00d"},
                         run);
  }
  std::filesystem::path run_folder() const {
    for (const auto& file : files()) {
      if (file.filename() == "mlflow.user") {
        return file.parent_path().parent_path();
      }
    }
    return {};
  }
  std::string text(const std::string& name) const { return read_file(run_folder() / name); }
};

TEST_F(MlflowFiles, HoldParametersTagsAndPoints) {
  const auto writer = make();
  writer->write({.step = 3, .seconds = 1e9, .values = {{"loss", 0.25}, {"a/b", 1}}});
  EXPECT_EQ(text("metrics/loss"), "1000000000000 0.25 3\n");
  EXPECT_EQ(text("metrics/a/b"), "1000000000000 1 3\n");
  EXPECT_EQ(text("params/optimizer.lr"), "0.5");
  EXPECT_EQ(text("params/seed"), "3");
  EXPECT_EQ(text("tags/a"), "b");
  EXPECT_EQ(text("tags/mlflow.note.content"), "what");
  EXPECT_EQ(parse_json(text("meta.yaml"), "")["status"], 1);
  const std::map<RunEnd, int> statuses = {
      {RunEnd::complete, 3}, {RunEnd::stopped, 5}, {RunEnd::failed, 4}};
  for (const auto& [end, status] : statuses) {
    writer->finish(end, 1e9 + 1);
    EXPECT_EQ(parse_json(text("meta.yaml"), "")["status"], status);
  }
}

TEST_F(MlflowFiles, OneExperimentForItsName) {
  make();
  const auto first = run_folder().parent_path();
  make();
  EXPECT_EQ(run_folder().parent_path(), first);
}

TEST_F(MlflowFiles, AResumedRunGoesOn) {
  const auto first = make();
  for (const std::int64_t step : {1, 2, 3}) {
    first->write({.step = step, .seconds = 1e9, .values = {{"loss", 1}}});
  }
  auto run = facts();
  run.is_resumed = true;
  run.first_step = 2;
  make(run)->write({.step = 2, .seconds = 1e9 + 9, .values = {{"loss", 7}}});
  EXPECT_EQ(text("metrics/loss"), "1000000000000 1 1\n1000000009000 7 2\n");
}

TEST_F(MlflowFiles, AResumedRunStartedWhenItsFirstPartDid) {
  auto run = facts();
  make(run);
  const auto start = [&] { return parse_json(text("meta.yaml"), "")["start_time"]; };
  const auto first = start();
  run.is_resumed = true;
  run.seconds += 5;
  make(run);
  EXPECT_EQ(start(), first);
  write_file_atomic(run_folder() / "meta.yaml", "run_name: other\nstart_time: 999\n");  // MLflow's
  make(run);
  EXPECT_EQ(start(), 999);
  std::filesystem::remove(run_folder() / "meta.yaml");
  make(run);
  EXPECT_EQ(start(), first.get<std::int64_t>() + 5000);
}

std::size_t num_open_files() {
  return static_cast<std::size_t>(
      std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {}));
}

TEST_F(MlflowFiles, ManyMetricsKeepFewFilesOpen) {
  const auto writer = make();
  const std::size_t before = num_open_files();
  for (std::int64_t step = 0; step < 2; ++step) {
    Scalars point{.step = step, .seconds = 1e9};
    for (int i = 0; i < 500; ++i) {
      point.values.emplace_back(fmt::format("expert_{}", i), i);
    }
    writer->write(point);
  }
  EXPECT_LE(num_open_files(), before + 64);
  EXPECT_EQ(text("metrics/expert_0"), "1000000000000 0 0\n1000000000000 0 1\n");
  EXPECT_EQ(text("metrics/expert_499"), "1000000000000 499 0\n1000000000000 499 1\n");
}

TEST_F(MlflowFiles, TheEndOfALongParameterIsAWholeCharacter) {
  auto run = facts();
  run.config["text"] = std::string(2002, 'a') + replace_all(std::string(2000, 'x'), "x", "学");
  make(run);
  const std::string stored = text("params/text");
  EXPECT_EQ(stored.size(), 5998U);
  EXPECT_TRUE(stored.ends_with("学"));
}

TEST_F(MlflowFiles, WhatAKilledRunLeftIsNoMetric) {
  make()->write({.step = 1, .seconds = 1e9, .values = {{"a", 1}, {"b", 1}}});
  const auto metrics = run_folder() / "metrics";
  constexpr const char* kNoProcess = ".tmp2147483647";
  for (const char* name : {"a", "b"}) {
    write_file_atomic((metrics / name).concat(kNoProcess), "1000");
  }
  auto run = facts();
  run.is_resumed = true;
  run.first_step = 2;
  make(run);
  EXPECT_FALSE(std::filesystem::exists((metrics / "a").concat(kNoProcess)));
  EXPECT_FALSE(std::filesystem::exists((metrics / "b").concat(kNoProcess)));
  EXPECT_EQ(text("metrics/a"), "1000000000000 1 1\n");
}

TEST_F(MlflowFiles, ANameDoesNotLeaveTheRun) {
  const auto writer = make();
  EXPECT_THROW(writer->write({.step = 1, .seconds = 1, .values = {{"../../a", 1}}}), Error);
  auto run = facts();
  run.config = {{"../../a", 1}};
  EXPECT_THROW(make(run), Error);
}

TEST_F(MlflowFiles, AnExperimentWithoutAName) {
  std::filesystem::create_directories(path_ / "5");
  write_file_atomic(path_ / "5/meta.yaml", "experiment_id: '5'\n");
  try {
    make();
    FAIL() << "read without a name";
  } catch (const Error& error) {
    EXPECT_THAT(error.message(), HasSubstr("an experiment without 'name'"));
  }
}

}  // namespace
}  // namespace automodel::watch
