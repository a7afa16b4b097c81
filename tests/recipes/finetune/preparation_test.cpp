#include "recipes/finetune/preparation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "base/error.h"

namespace automodel::recipes {
namespace {

using ::testing::ElementsAre;

TEST(Preparation, TellsHowManyRowsAreDone) {
  std::vector<std::string> lines;
  const auto tell = [&](const std::string& line) { lines.push_back(line); };
  const auto watch =
      watch_preparation([] { return false; }, {.seconds_between_lines = 0, .tell = tell});
  watch("opening dataset", 0, 0);
  watch("encoding rows of dataset", 1'200'000, 10'000'000);
  EXPECT_THAT(lines, ElementsAre("encoding rows of dataset: 1.2 M of 10 M"));
}

TEST(Preparation, IsSilentWhereItIsShort) {
  std::vector<std::string> lines;
  const auto tell = [&](const std::string& line) { lines.push_back(line); };
  watch_preparation([] { return false; }, {.tell = tell})("encoding rows of dataset", 1, 2);
  EXPECT_TRUE(lines.empty());
}

TEST(Preparation, EndsAtASignal) {
  bool stops = false;
  const auto watch = watch_preparation([&] { return stops; });
  watch("opening dataset", 0, 0);
  stops = true;
  try {
    watch("opening validation_dataset", 0, 0);
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::interrupted);
    EXPECT_THAT(error.message(),
                ::testing::HasSubstr("this start has trained nothing yet; the same command"));
  }
}

}  // namespace
}  // namespace automodel::recipes
