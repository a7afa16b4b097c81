#include "config/interpolate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "config/yaml.h"

namespace automodel::config {
namespace {

const Environment kVariables = {{"A", "1"}, {"B", "$A"}, {"a.b", "dots"}};

TEST(Interpolate, ReplacesEveryForm) {
  EXPECT_EQ(interpolate("x${A}y", kVariables).text, "x1y");
  EXPECT_EQ(interpolate("${ A , 2 }", kVariables).text, "1");
  EXPECT_EQ(interpolate("${C, 2,3 }", kVariables).text, "2,3");
  EXPECT_EQ(interpolate("${C,}", kVariables).text, "");
  EXPECT_EQ(interpolate("${oc.env:A}", kVariables).text, "1");
  EXPECT_EQ(interpolate("${oc.env:C,d}", kVariables).text, "d");
  EXPECT_EQ(interpolate("$A-$a.b.", kVariables).text, "1-dots.");
  EXPECT_EQ(interpolate("${a.b}", kVariables).text, "dots");
}

TEST(Interpolate, LeavesTheRestAlone) {
  for (const char* text : {"$5", "$ ", "a$", "${}", "${A", "$$"}) {
    EXPECT_EQ(interpolate(text, kVariables).text, text);
  }
  EXPECT_EQ(interpolate("$B", kVariables).text, "$A") << "what is put in is not looked at again";
}

TEST(Interpolate, NamesUnsetVariables) {
  EXPECT_THAT(interpolate("$C ${D}", kVariables).unset, ::testing::ElementsAre("C", "D"));
}

TEST(TypeTree, TypesAfterInterpolationAndKeepsOrigins) {
  const Node root =
      parse_yaml("n: ${A}\nd: ${C,4}\nf: 1e-5\n_target_: $A\nloss_fn: none\n", "r").root;
  const TypedTree typed = type_tree(root, kVariables);
  EXPECT_TRUE(typed.problems.empty());
  EXPECT_EQ(typed.root.find("n")->value, 1);
  EXPECT_EQ(typed.root.find("n")->origin.kind, OriginKind::environment);
  EXPECT_EQ(typed.root.find("d")->value, 4);
  EXPECT_EQ(typed.root.find("d")->origin.kind, OriginKind::file);
  EXPECT_EQ(typed.root.find("f")->value, 1e-5);
  EXPECT_EQ(typed.root.find("_target_")->value, "$A") << "names are not interpolated";
  EXPECT_EQ(typed.root.find("loss_fn")->value, "none") << "names are not typed again";
}

TEST(TypeTree, UnsetVariablesAreProblems) {
  const TypedTree typed = type_tree(parse_yaml("a: {b: [$C]}\n", "r").root, kVariables);
  ASSERT_EQ(typed.problems.size(), 1U);
  EXPECT_EQ(typed.problems[0].path, "a.b.0");
  EXPECT_THAT(typed.problems[0].text,
              ::testing::HasSubstr("'C' is not set; set it, or write ${C,default}"));
}

TEST(Environment, IsThisProcess) {
  setenv("AUTOMODEL_TEST_VARIABLE", "x=y", 1);
  EXPECT_EQ(process_environment().at("AUTOMODEL_TEST_VARIABLE"), "x=y");
}

}  // namespace
}  // namespace automodel::config
