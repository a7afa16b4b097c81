#include "config/override.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "config/yaml.h"

namespace automodel::config {
namespace {

Json applied(const std::string& yaml, const std::vector<std::string>& words) {
  return to_json(apply_overrides(parse_yaml(yaml, "r").root, words));
}

TEST(ApplyOverrides, SetsReplacesAndMakes) {
  EXPECT_EQ(applied("a: {b: 1}", {"--a.b", "2"}), Json({{"a", {{"b", "2"}}}}));
  EXPECT_EQ(applied("a: {b: 1}", {"--a.b=2", "--a.b=2"}), Json({{"a", {{"b", "2"}}}}));
  EXPECT_EQ(applied("a: 1", {"--a.b", "-5"}), Json({{"a", {{"b", "-5"}}}}));
  EXPECT_EQ(applied("a: 1", {"--x.y", "--z", "q"}),
            Json({{"a", "1"}, {"x", {{"y", "True"}}}, {"z", "q"}}));
  EXPECT_EQ(applied("a: 1", {"--a=b=c"}), Json({{"a", "b=c"}}));
}

std::string contradiction(const std::vector<std::string>& words) {
  try {
    applied("a: 1", words);
  } catch (const Error& error) {
    return error.message();
  }
  return "";
}

TEST(ApplyOverrides, ContradictionsAreRefused) {
  EXPECT_EQ(contradiction({"--a.b=2", "--c=2", "--a.b", "3"}),
            "override --a.b is given twice, as '2' and as '3'; give it once");
  for (const auto& words :
       {std::vector<std::string>{"--a", "{}", "--a.b=1"}, {"--a.b=1", "--a={}"}}) {
    EXPECT_THAT(contradiction(words),
                ::testing::HasSubstr("overrides --a and --a.b exclude each other"));
  }
  EXPECT_EQ(contradiction({"--a.b=1", "--a.c=2", "--ab=3", "--a.bc=4"}), "");
  EXPECT_THAT(contradiction({"--a.token=hidden", "--a.token=masked"}),
              ::testing::AllOf(::testing::HasSubstr("as a value and as a value"),
                               ::testing::Not(::testing::HasSubstr("hidden"))));
}

TEST(ApplyOverrides, RefusesWhatCannotBeSet) {
  EXPECT_THROW(applied("a: [1, 2]", {"--a.0", "5"}), Error);
  EXPECT_THROW(applied("a: 1", {"--a..b", "5"}), Error);
  EXPECT_THROW(applied("a: 1", {"stray"}), Error);
  EXPECT_THROW(applied("a: 1", {"--"}), Error);
}

}  // namespace
}  // namespace automodel::config
