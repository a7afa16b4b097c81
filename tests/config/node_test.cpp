#include "config/node.h"

#include <gtest/gtest.h>

namespace automodel::config {
namespace {

TEST(Node, JsonRoundTripsAndPathsAreFound) {
  const Json json = {{"a", {{"b", 1}}}, {"c", {1, "x", nullptr}}};
  const Node node = from_json(json, {OriginKind::file, 3, 4});
  EXPECT_EQ(to_json(node), json);
  EXPECT_EQ(find_path(node, "a.b")->value, 1);
  EXPECT_EQ(find_path(node, "a.b")->origin.line, 3);
  EXPECT_EQ(find_path(node, "a.x"), nullptr);
  EXPECT_EQ(find_path(node, "x.b"), nullptr);
  EXPECT_EQ(find_path(node, "c.1")->value, "x");
  EXPECT_EQ(find_path(node, "c.3"), nullptr);
  EXPECT_EQ(find_path(node, "c.x"), nullptr);
}

TEST(Node, DescribesValuesShortly) {
  EXPECT_EQ(describe(from_json("text", {})), "'text'");
  EXPECT_EQ(describe(from_json(3, {})), "3");
  EXPECT_EQ(describe(from_json(nullptr, {})), "null");
  EXPECT_EQ(describe(from_json(Json::array(), {})), "a list");
  EXPECT_EQ(describe(map_node()), "a mapping");
  EXPECT_LT(describe(from_json(std::string(1000, 'x'), {})).size(), 70U);
  EXPECT_EQ(describe(from_json("a\nb", {})), "'a b'");
}

TEST(Node, ProblemsNameTheirPlace) {
  EXPECT_EQ(format_problem({{OriginKind::file, 2, 5}, "a.b", "wrong"}, "r.yaml"),
            "r.yaml:2:5: a.b: wrong");
  EXPECT_EQ(format_problem({{OriginKind::overridden, 0, 0}, "a", "wrong"}, "r.yaml"),
            "command line: a: wrong");
  EXPECT_EQ(format_problem({{}, "", "wrong"}, "r.yaml"), "r.yaml: wrong");
}

TEST(Node, OriginsHaveNames) {
  EXPECT_EQ(to_string(OriginKind::file), "file");
  EXPECT_EQ(to_string(OriginKind::overridden), "override");
  EXPECT_EQ(to_string(OriginKind::environment), "environment");
  EXPECT_EQ(to_string(OriginKind::fallback), "default");
}

}  // namespace
}  // namespace automodel::config
