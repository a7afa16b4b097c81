#include "base/json_change.h"

#include <gtest/gtest.h>

namespace automodel {
namespace {

TEST(JsonChanges, OfTheSameAreNone) {
  const Json json = {{"a", 1}, {"b", {{"c", {1, 2}}}}};
  EXPECT_TRUE(json_changes(json, json).empty());
}

TEST(JsonChanges, HaveDottedPathsAndBothValues) {
  const Json before = {{"lr", 0.1}, {"model", {{"name", "a"}, {"layers", {1, 2}}}}, {"old", 1}};
  const Json after = {{"lr", 0.2}, {"model", {{"name", "a"}, {"layers", {1, 3}}}}, {"fresh", {}}};
  const std::vector<JsonChange> expected = {{"fresh", std::nullopt, Json()},
                                            {"lr", Json(0.1), Json(0.2)},
                                            {"model.layers", Json({1, 2}), Json({1, 3})},
                                            {"old", Json(1), std::nullopt}};
  EXPECT_EQ(json_changes(before, after), expected);
}

TEST(JsonChanges, AreToldInOneLine) {
  EXPECT_EQ(describe_changes({{"a", {{"b", 1}}}}, {{"a", {{"b", "x"}}}, {"c", nullptr}}),
            "a.b was 1, is \"x\"; c was absent, is null");
  EXPECT_EQ(describe_changes({{"a", 1}}, {{"a", 1}}), "");
}

TEST(JsonChanges, AnObjectThatBecomesAValueIsBoth) {
  const std::vector<JsonChange> expected = {{"a", std::nullopt, Json(nullptr)},
                                            {"a.b", Json(1), std::nullopt}};
  EXPECT_EQ(json_changes({{"a", {{"b", 1}}}}, {{"a", nullptr}}), expected);
}

}  // namespace
}  // namespace automodel
