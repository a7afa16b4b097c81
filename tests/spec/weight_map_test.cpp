#include "spec/weight_map.h"

#include <gmock/gmock.h>

#include "base/error.h"

namespace automodel::spec {
namespace {

using ::testing::ElementsAre;

ParamSpec matrix(const std::string& name, std::int64_t rows, std::int64_t columns) {
  return {.name = name, .shape = {rows, columns}};
}

TEST(WeightMap, WithoutRulesEveryParameterIsATensor) {
  const auto map = weight_map({matrix("a.weight", 2, 3)}, {});
  ASSERT_EQ(map.size(), 1);
  EXPECT_EQ(map[0].name, "a.weight");
  EXPECT_THAT(map[0].shape, ElementsAre(2, 3));
  EXPECT_EQ(map[0].pieces[0], (Piece{.ours = "a.weight", .begin = 0, .end = 2}));
}

TEST(WeightMap, RenamesWholePartsOnly) {
  EXPECT_EQ(stored_name("model.norm.weight", {{"norm", "ln_f"}}), "model.ln_f.weight");
  EXPECT_EQ(stored_name("model.layernorm.weight", {{"norm", "ln_f"}}), "model.layernorm.weight");
  EXPECT_EQ(stored_name("model.layers.1.mlp.up.weight", {{"model.layers", "h"}, {"mlp.up", "fc"}}),
            "h.1.fc.weight");
  EXPECT_EQ(stored_name("model.a.b", {{"model", ""}}), "a.b");
}

TEST(WeightMap, FusesInTheOrderOfTheRules) {
  const auto map =
      weight_map({matrix("q.weight", 4, 3), matrix("k.weight", 2, 3), matrix("v.weight", 2, 3)},
                 {.renames = {{"q", "qvk"}, {"v", "qvk"}, {"k", "qvk"}}, .groups = {{"qvk", 2}}});
  ASSERT_EQ(map.size(), 1);
  EXPECT_THAT(map[0].shape, ElementsAre(8, 3));
  EXPECT_EQ(map[0].groups, 2);
  EXPECT_THAT(map[0].pieces, ElementsAre(Piece{.ours = "q.weight", .begin = 0, .end = 2},
                                         Piece{.ours = "v.weight", .begin = 2, .end = 3},
                                         Piece{.ours = "k.weight", .begin = 3, .end = 4}));
}

TEST(WeightMap, TransposesMatricesButNotBiases) {
  const auto map = weight_map({matrix("fc.weight", 4, 3), {.name = "fc.bias", .shape = {4}}},
                              {.renames = {}, .groups = {}, .transposed = {"fc"}});
  EXPECT_THAT(map[0].shape, ElementsAre(3, 4));
  EXPECT_THAT(map[0].seen_as, ElementsAre(4, 3));
  EXPECT_THAT(map[1].shape, ElementsAre(4));
}

TEST(WeightMap, SplitsTheFirstDimensionIntoTensors) {
  const auto map = weight_map({{.name = "experts.up.weight", .shape = {2, 4, 3}}},
                              {.renames = {{"experts.up", "experts.{}.w3"}}});
  ASSERT_EQ(map.size(), 2);
  EXPECT_EQ(map[1].name, "experts.1.w3.weight");
  EXPECT_THAT(map[1].shape, ElementsAre(4, 3));
  EXPECT_EQ(map[1].pieces[0].entry, 1);
}

TEST(WeightMap, StoresWithMoreOrFewerDimensions) {
  const auto map = weight_map({{.name = "experts.up.weight", .shape = {2, 4, 3}},
                               {.name = "experts.down.weight", .shape = {2, 3, 4}},
                               {.name = "correction", .shape = {5}}},
                              {.renames = {},
                               .groups = {},
                               .transposed = {"down"},
                               .flattened = {"experts"},
                               .as_row = {"correction"}});
  EXPECT_THAT(map[0].shape, ElementsAre(8, 3));
  EXPECT_THAT(map[0].seen_as, ElementsAre(2, 4, 3));
  EXPECT_THAT(map[1].shape, ElementsAre(8, 3));
  EXPECT_THAT(map[2].shape, ElementsAre(1, 5));
  EXPECT_THROW(weight_map({{.name = "a", .shape = {2}}},
                          {.renames = {}, .groups = {}, .transposed = {}, .flattened = {"a"}}),
               Error);
}

TEST(WeightMap, RefusesToFuseWhatDoesNotFit) {
  EXPECT_THROW(weight_map({matrix("q.weight", 4, 3), matrix("k.weight", 2, 5)},
                          {.renames = {{"q", "qk"}, {"k", "qk"}}}),
               Error);
}

}  // namespace
}  // namespace automodel::spec
