// Holds the tree to the structure that docs/architecture.md describes. The rules themselves are
// tests/layers/rules.h; what is proven here is that the tree keeps them. That each rule can fail is
// proven in tests/layers/*_test.cpp.

#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "tests/layers/rules.h"

namespace automodel::layers {
namespace {

namespace fs = std::filesystem;

std::string read(const fs::path& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

/// Every text that the project keeps under a budget.
Files project_files() {
  static const std::set<std::string> kKinds = {".h", ".cpp", ".py", ".sh", ".cmake"};
  const fs::path root = AM_SOURCE_DIR;
  Files out;
  for (const auto* folder : {"src", "tests", "bench", "examples", "scripts", "cmake"}) {
    if (!fs::exists(root / folder)) {
      continue;
    }
    for (const auto& entry : fs::recursive_directory_iterator(root / folder)) {
      if (entry.is_regular_file() && kKinds.contains(entry.path().extension().string())) {
        out[fs::relative(entry.path(), root).string()] = read(entry.path());
      }
    }
  }
  return out;
}

Table project_table() { return parse_table(read(fs::path(AM_SOURCE_DIR) / "src/LAYERS")); }

TEST(Project, SourcesAreFound) {
  EXPECT_TRUE(project_files().contains("src/base/error.cpp"));
  EXPECT_TRUE(project_table().allowed.contains("base"));
}

TEST(Project, LayersHaveNoCycle) {
  const Problems problems = check_table(project_table());
  EXPECT_TRUE(problems.empty()) << fmt::format("{}", fmt::join(problems, "\n"));
}

TEST(Project, IncludesKeepToTheLayers) {
  const Problems problems = check_includes(project_table(), project_files());
  EXPECT_TRUE(problems.empty()) << fmt::format("{}", fmt::join(problems, "\n"));
}

TEST(Project, EverySourceHasItsTest) {
  const Problems problems = check_mirror(project_files());
  EXPECT_TRUE(problems.empty()) << fmt::format("{}", fmt::join(problems, "\n"));
}

TEST(Project, SizesKeepToTheBudgets) {
  const Problems problems = check_sizes(project_files());
  EXPECT_TRUE(problems.empty()) << fmt::format("{}", fmt::join(problems, "\n"));
}

}  // namespace
}  // namespace automodel::layers
