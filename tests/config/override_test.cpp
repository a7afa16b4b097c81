#include "config/override.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "config/yaml.h"

namespace automodel::config {
namespace {

using testing::ElementsAre;

TEST(SplitOverrides, KeepsOwnOptionsAndFiles) {
  const std::vector<std::string> words = {"r.yaml", "--print-config", "--a.b", "1", "--c=2",
                                          "--d",    "--out",          "x"};
  const std::vector<std::string> own = {"--print-config", "--out"};
  const SplitArguments split = split_overrides(words, own);
  EXPECT_THAT(split.own, ElementsAre("r.yaml", "--print-config", "--out", "x"));
  EXPECT_THAT(split.overrides, ElementsAre("--a.b", "1", "--c=2", "--d"));
}

Json apply(const std::string& yaml, const std::vector<std::string>& words) {
  return to_json(apply_overrides(parse_yaml(yaml, "r").root, words));
}

TEST(ApplyOverrides, SetsReplacesAndMakes) {
  EXPECT_EQ(apply("a: {b: 1}", {"--a.b", "2"}), Json({{"a", {{"b", "2"}}}}));
  EXPECT_EQ(apply("a: {b: 1}", {"--a.b=2", "--a.b=3"}), Json({{"a", {{"b", "3"}}}}));
  EXPECT_EQ(apply("a: 1", {"--a.b", "-5"}), Json({{"a", {{"b", "-5"}}}}));
  EXPECT_EQ(apply("a: 1", {"--x.y", "--z", "q"}),
            Json({{"a", "1"}, {"x", {{"y", "True"}}}, {"z", "q"}}));
  EXPECT_EQ(apply("a: 1", {"--a=b=c"}), Json({{"a", "b=c"}}));
}

TEST(ApplyOverrides, RefusesWhatCannotBeSet) {
  EXPECT_THROW(apply("a: [1, 2]", {"--a.0", "5"}), Error);
  EXPECT_THROW(apply("a: 1", {"--a..b", "5"}), Error);
  EXPECT_THROW(apply("a: 1", {"stray"}), Error);
  EXPECT_THROW(apply("a: 1", {"--"}), Error);
}

}  // namespace
}  // namespace automodel::config
