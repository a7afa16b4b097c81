#include "base/git.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "base/file.h"

namespace automodel {
namespace {

TEST(Git, StateOfAFolder) {
  const auto folder = std::filesystem::path(::testing::TempDir()) / "git test's folder";
  remove_tree(folder);
  std::filesystem::create_directories(folder);
  EXPECT_EQ(git_state(folder), std::nullopt);
  EXPECT_EQ(git_state(folder / "missing"), std::nullopt);
  const auto git = [&](const std::string& words) {
    const std::string program = "git -c user.name=a -c user.email=a@b.c -C \"" + folder.string();
    return std::system((program + "\" " + words + " >/dev/null 2>&1").c_str());
  };
  ASSERT_EQ(git("init"), 0);
  std::ofstream(folder / "a") << "1";
  ASSERT_EQ(git("add a"), 0);
  ASSERT_EQ(git("commit -m first"), 0);
  const auto clean = git_state(folder);
  ASSERT_TRUE(clean);
  EXPECT_EQ(clean->commit.size(), 40U);
  EXPECT_FALSE(clean->has_changes);
  std::ofstream(folder / "a") << "2";
  EXPECT_TRUE(git_state(folder)->has_changes);
}

}  // namespace
}  // namespace automodel
