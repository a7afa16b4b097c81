#include "watch/tensorboard.h"

#include <gmock/gmock.h>

#include "tests/watch/folder.h"

namespace automodel::watch {
namespace {

using ::testing::HasSubstr;

// Read by TensorBoard itself in tests/cli/test_watch.py.
class TensorBoardFiles : public Folder {};

TEST_F(TensorBoardFiles, AreRecordsOfEvents) {
  const auto writer = tensorboard_writer(path_, facts());
  ASSERT_EQ(files().size(), 1U);
  const auto file = files().front();
  EXPECT_THAT(file.filename().string(), HasSubstr("events.out.tfevents.1000000000."));
  const auto begin = read_file(file);
  EXPECT_EQ(begin[0], 24);  // the length: 1 + 8 of the time, 2 + 13 of the version
  EXPECT_THAT(begin, HasSubstr("brain.Event:2"));
  writer->write({.step = 7, .seconds = 1e9, .values = {{"loss", 1.0}}});
  EXPECT_THAT(read_file(file).substr(begin.size()), HasSubstr("loss"));
  EXPECT_EQ(writer->place(), "tensorboard --logdir " + path_.string());
}

TEST_F(TensorBoardFiles, SayWhereAResumedRunBegins) {
  auto run = facts();
  tensorboard_writer(path_, run);
  const auto fresh = std::filesystem::file_size(files().front());
  remove_tree(path_);
  run.is_resumed = true;
  tensorboard_writer(path_, run);
  EXPECT_GT(std::filesystem::file_size(files().front()), fresh);
}

}  // namespace
}  // namespace automodel::watch
