#include "cli/run_record.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "base/error.h"
#include "base/file.h"

namespace automodel::cli {
namespace {

namespace fs = std::filesystem;

class Record : public ::testing::Test {
 protected:
  void SetUp() override {
    remove_tree(folder_);
    fs::create_directories(folder_ / "epoch_0_step_1");
    write("manifest.json", R"({"automodel_run": 1, "config": {"seed": 3}})");
    write("epoch_0_step_1/manifest.json", R"({"step": 1})");
    write("training.jsonl", "{\"loss\": 2}\n{\"loss\": 1}\n");
    write("validation.jsonl", "{\"val_loss\": 2}\n");
    write("validation_other.jsonl", "{\"val_loss\": 3}\n");
  }
  void TearDown() override { remove_tree(folder_); }
  void write(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ / name) << text;
  }
  fs::path folder_ = fs::path(::testing::TempDir()) / "run_record";
};

TEST_F(Record, ReadsLogsAndManifest) {
  const auto run = read_run(folder_.string());
  EXPECT_EQ(run.manifest["config"]["seed"], 3);
  EXPECT_EQ(run.steps.size(), 2U);
  EXPECT_EQ(run.validations.at("default")[0]["val_loss"], 2);
  EXPECT_EQ(run.validations.at("other")[0]["val_loss"], 3);
}

TEST_F(Record, IsFoundByItsManifestAndItsCheckpoints) {
  EXPECT_EQ(read_run((folder_ / "manifest.json").string()).steps.size(), 2U);
  EXPECT_EQ(read_run((folder_ / "epoch_0_step_1").string()).steps.size(), 2U);
}

TEST_F(Record, OthersAreRefused) {
  EXPECT_THROW(read_run((folder_ / "epoch_0_step_1" / "nothing").string()), Error);
  const auto fault = [&](const std::string& log) -> std::string {
    write("training.jsonl", log);
    try {
      read_run(folder_.string());
    } catch (const Error& error) {
      return error.message();
    }
    return "";
  };
  const auto log = (folder_ / "training.jsonl").string();
  EXPECT_THAT(fault("{\"loss\": \n"), ::testing::StartsWith(log + ":1:"));
  EXPECT_EQ(fault("{\"loss\": 2}\n[1]\n"), log + ":2: expected a JSON object, found array");
}

}  // namespace
}  // namespace automodel::cli
