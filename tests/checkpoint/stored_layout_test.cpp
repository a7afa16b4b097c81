#include "checkpoint/stored_layout.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace automodel::checkpoint {
namespace {

using Values = std::map<std::string, Tensor>;

const std::vector<spec::ParamSpec>& some_parameters() {
  static const std::vector<spec::ParamSpec> kParameters = {
      {.name = "q.weight", .shape = {4, 3}},
      {.name = "k.weight", .shape = {2, 3}},
      {.name = "q.bias", .shape = {4}},
      {.name = "k.bias", .shape = {2}},
      {.name = "fc.weight", .shape = {5, 3}},
      {.name = "experts.up.weight", .shape = {2, 4, 3}},
      {.name = "experts.gate.weight", .shape = {2, 4, 3}},
      {.name = "norm.weight", .shape = {3}}};
  return kParameters;
}

StoredLayout some_layout() {
  return StoredLayout(
      spec::weight_map(some_parameters(), {.renames = {{"q", "qk"},
                                                       {"k", "qk"},
                                                       {"experts.gate", "experts.gu"},
                                                       {"experts.up", "experts.gu"}},
                                           .groups = {{"qk", 2}},
                                           .transposed = {"fc", "experts.gu"}}));
}

Values random_values() {
  at::manual_seed(1);
  Values values;
  for (const auto& param : some_parameters()) {
    values.emplace(param.name, at::randn(param.shape));
  }
  return values;
}

TEST(StoredLayout, ImportUndoesExport) {
  const auto layout = some_layout();
  const auto values = random_values();
  Values stored;
  for (const auto& tensor : layout.tensors()) {
    stored[tensor.name] = layout.to_stored(tensor.name, [&](const spec::Piece& piece) {
      return entry_of(values.at(piece.ours), piece);
    });
    EXPECT_EQ(stored[tensor.name].sizes().vec(), tensor.shape) << tensor.name;
  }
  for (const auto& param : some_parameters()) {
    const Tensor back =
        layout.to_parameter(param, [&](const std::string& name) { return stored.at(name); });
    EXPECT_TRUE(at::equal(back, values.at(param.name))) << param.name;
  }
}

TEST(StoredLayout, LaysGroupsBehindEachOther) {
  const auto values = random_values();
  const Tensor fused = some_layout().to_stored(
      "qk.weight", [&](const spec::Piece& piece) { return values.at(piece.ours); });
  EXPECT_TRUE(at::equal(fused.slice(0, 0, 2), values.at("q.weight").slice(0, 0, 2)));
  EXPECT_TRUE(at::equal(fused[2], values.at("k.weight")[0]));
  EXPECT_TRUE(at::equal(fused[5], values.at("k.weight")[1]));
}

TEST(StoredLayout, SplitsExpertsIntoTensorsAndBack) {
  const spec::ParamSpec up{.name = "experts.up.weight", .shape = {2, 4, 3}};
  const StoredLayout layout(spec::weight_map({up}, {.renames = {{"experts.up", "experts.{}.w3"}}}));
  EXPECT_EQ(layout.stored_names(up.name),
            (std::vector<std::string>{"experts.0.w3.weight", "experts.1.w3.weight"}));
  const Tensor value = at::randn({2, 4, 3});
  const auto stored = [&](const std::string& name) {
    return layout.to_stored(name, [&](const spec::Piece& piece) { return entry_of(value, piece); });
  };
  EXPECT_TRUE(at::equal(stored("experts.1.w3.weight"), value[1]));
  EXPECT_TRUE(at::equal(layout.to_parameter(up, stored), value));
}

TEST(StoredLayout, FlattensAndTransposesAndBack) {
  const spec::ParamSpec down{.name = "down", .shape = {2, 3, 4}};
  const spec::ParamSpec row{.name = "row", .shape = {5}};
  const StoredLayout layout(spec::weight_map({down, row}, {.renames = {},
                                                           .groups = {},
                                                           .transposed = {"down"},
                                                           .flattened = {"down"},
                                                           .as_row = {"row"}}));
  const Values values{{"down", at::randn({2, 3, 4})}, {"row", at::randn({5})}};
  const auto stored = [&](const std::string& name) {
    return layout.to_stored(name, [&](const spec::Piece& piece) { return values.at(piece.ours); });
  };
  EXPECT_TRUE(at::equal(stored("down"), values.at("down").transpose(1, 2).reshape({8, 3})));
  EXPECT_TRUE(at::equal(layout.to_parameter(down, stored), values.at("down")));
  EXPECT_TRUE(at::equal(stored("row"), values.at("row").unsqueeze(0)));
  EXPECT_TRUE(at::equal(layout.to_parameter(row, stored), values.at("row")));
}

TEST(StoredLayout, UnknownNamesAreErrors) {
  EXPECT_THROW(some_layout().stored_names("x"), Error);
  EXPECT_THROW(some_layout().to_stored("x", nullptr), Error);
}

}  // namespace
}  // namespace automodel::checkpoint
