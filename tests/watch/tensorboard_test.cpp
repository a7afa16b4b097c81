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

/// Points of earlier files from there on do not count: also of an attempt without a checkpoint.
TEST_F(TensorBoardFiles, SayWhereARunBegins) {
  constexpr const char* kStart = "\x3A\x02\x08\x01";  // session_log: its status, START
  auto run = facts();
  tensorboard_writer(path_, run);
  const std::string minus_one = "\x10" + std::string(9, '\xFF') + "\x01";
  EXPECT_THAT(read_file(files().front()), HasSubstr(minus_one + kStart));
  remove_tree(path_);
  run.is_resumed = true;
  run.first_step = 7;
  tensorboard_writer(path_, run);
  EXPECT_THAT(read_file(files().front()), HasSubstr(std::string("\x10\x07") + kStart));
}

}  // namespace
}  // namespace automodel::watch
