#include "usage/revision.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "base/command_line.h"
#include "base/error.h"
#include "base/known.h"
#include "usage/convert.h"
#include "usage/generate.h"
#include "usage/merge.h"
#include "usage/trace.h"

namespace automodel::usage {
namespace {

template <typename Line>
std::string complaint(const std::vector<std::string>& words) {
  try {
    read_line<Line>(words);
    return "";
  } catch (const Error& error) {
    return error.message();
  }
}

TEST(Revision, IsThatOfANameOnTheHub) {
  const auto line = known(read_line<Convert>(
      std::vector<std::string>{"org/surely-not-here", "out", "--revision", "v1"}));
  EXPECT_EQ(line.revision, "v1");
  EXPECT_EQ(known(read_line<Convert>(std::vector<std::string>{"/", "out"})).revision, "main");
}

TEST(Revision, OfAPathIsAnError) {
  const std::string expected =
      "--revision v1 chooses a version on the hub, but / is a path on this machine, which has "
      "none; leave --revision out";
  EXPECT_EQ(complaint<Generate>({"/", "hello", "--revision", "v1"}), expected);
  EXPECT_EQ(complaint<Convert>({"--revision=v1", "/", "out"}), expected);
  EXPECT_EQ(complaint<Merge>({"/", "out", "--revision", "v1"}), expected);
  EXPECT_EQ(complaint<Trace>({"/", "batch", "out", "--revision", "v1"}), expected);
}

TEST(Revision, OfAFolderNamedLikeAModelOfTheHubSaysHowToMeanThat) {
  const std::string name = "tiny-model";
  const auto here = std::filesystem::current_path();
  std::filesystem::current_path(::testing::TempDir());
  std::filesystem::create_directory(name);
  EXPECT_NE(complaint<Convert>({name, "out", "--revision", "v1"})
                .find("call the command from another folder to mean the hub's"),
            std::string::npos);
  std::filesystem::current_path(here);
}

}  // namespace
}  // namespace automodel::usage
