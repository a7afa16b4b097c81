#include "checkpoint/base_files.h"

#include <gmock/gmock.h>

#include "tests/checkpoint/tiny_model.h"
#include "tests/tensor/expect_error.h"

namespace automodel::checkpoint {
namespace {

using automodel::testing::expect_error;
using automodel::testing::TemporaryFolder;
using automodel::testing::write_text;
using ::testing::HasSubstr;
namespace fs = std::filesystem;

/// A base model of two files and a checkpoint that was written beside it.
class BaseFilesTest : public ::testing::Test {
 protected:
  BaseFilesTest() {
    fs::create_directories(base_);
    write_text(base_ / "config.json", "{}");
    write_text(base_ / "weights", "1");
    checkpoint_.manifest.ground = {{"base", base_files(base_)}};
    checkpoint_.path = folder_ / "epoch_0_step_1";
    fs::create_directories(checkpoint_.path / "model");
    seal(checkpoint_.path, checkpoint_.manifest);
  }
  std::optional<std::string> warning() const {
    return other_base_warning(checkpoint_.path / "model", base_);
  }

  TemporaryFolder folder_;
  fs::path base_ = folder_ / "base";
  Checkpoint checkpoint_;
};

TEST_F(BaseFilesTest, TheSameFilesAreTheSameBase) {
  EXPECT_NO_THROW(check_base(base_files(base_), checkpoint_));
  EXPECT_EQ(warning(), std::nullopt);
}

TEST_F(BaseFilesTest, AFileThatCameLaterIsNoChange) {
  write_text(base_ / "README.md", "read");
  EXPECT_NO_THROW(check_base(base_files(base_), checkpoint_));
  EXPECT_EQ(warning(), std::nullopt);
}

TEST_F(BaseFilesTest, AnotherFileOrNoneIsAnotherBase) {
  write_text(base_ / "weights", "2");
  expect_error(ErrorKind::invalid_argument, "its weights is not the same file any more",
               [&] { check_base(base_files(base_), checkpoint_); });
  EXPECT_THAT(warning().value_or(""), HasSubstr("its weights is not the same file"));
  fs::remove(base_ / "weights");
  expect_error(ErrorKind::invalid_argument, "its weights is not",
               [&] { check_base(base_files(base_), checkpoint_); });
}

TEST_F(BaseFilesTest, OtherAdaptersAreNotCompared) {
  fs::create_directories(folder_ / "adapter");
  EXPECT_EQ(other_base_warning(folder_ / "adapter", base_), std::nullopt);
  checkpoint_.manifest.ground = Json::object();
  EXPECT_NO_THROW(check_base(base_files(base_), checkpoint_));
}

}  // namespace
}  // namespace automodel::checkpoint
