#include "cli/commands.h"

#include <gtest/gtest.h>

#include <set>

namespace automodel::cli {
namespace {

TEST(Commands, AreListedOnceAndSayWhatTheyDo) {
  std::set<std::string> names;
  for (const Command& command : program().commands) {
    EXPECT_TRUE(names.insert(command.name).second) << command.name;
    EXPECT_FALSE(command.summary.empty()) << command.name;
    EXPECT_TRUE(command.run) << command.name;
  }
  EXPECT_TRUE(names.contains("train"));
}

}  // namespace
}  // namespace automodel::cli
