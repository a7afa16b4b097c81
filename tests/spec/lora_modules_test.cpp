#include "spec/lora_modules.h"

#include <gmock/gmock.h>

#include "base/error.h"

namespace automodel::spec {
namespace {

using ::testing::ElementsAre;

ParamSpec linear(const std::string& name, std::vector<std::int64_t> shape,
                 Role role = Role::attention) {
  return {.name = name + ".weight", .shape = std::move(shape), .role = role, .is_linear = true};
}

std::vector<ParamSpec> routed_weights(std::vector<ParamSpec> more = {}) {
  more.push_back(linear("mlp.gate", {2, 3}, Role::router));
  more.push_back(linear("mlp.experts.up_proj", {2, 5, 3}, Role::experts));
  more.push_back(linear("mlp.experts.down_proj", {2, 3, 5}, Role::experts));
  return more;
}

/// One tensor per expert on disk, one for all in memory.
WeightNames per_expert() {
  return {.renames = {{"experts.up_proj", "experts.{}.up_proj"},
                      {"experts.down_proj", "experts.{}.down_proj"}},
          .loaded = {{"experts.{}.up_proj.weight", "experts.up_proj"},
                     {"experts.{}.down_proj.weight", "experts.down_proj"}}};
}

TEST(LoraModules, AreTheLinearLayersOnly) {
  const auto modules = lora_modules(
      {linear("q", {4, 3}), {.name = "q.bias", .shape = {4}}, {.name = "norm", .shape = {3}}}, {});
  ASSERT_EQ(modules.size(), 1);
  EXPECT_EQ(modules[0].name, "q");
  EXPECT_EQ(modules[0].owner, "q");
  EXPECT_FALSE(modules[0].as_parameter);
  EXPECT_THAT(modules[0].a_shape(2), ElementsAre(2, 3));
  EXPECT_THAT(modules[0].b_shape(2), ElementsAre(4, 2));
}

TEST(LoraModules, FusedParametersAreOne) {
  const auto modules = lora_modules({linear("q", {4, 3}), linear("k", {2, 3})},
                                    {.renames = {{"q", "qk"}, {"k", "qk"}}, .groups = {{"qk", 2}}});
  ASSERT_EQ(modules.size(), 1);
  EXPECT_EQ(modules[0].name, "qk");
  EXPECT_THAT(modules[0].b_shape(1), ElementsAre(6, 1));
  EXPECT_THAT(modules[0].b_shape(1, modules[0].weight.pieces[0]), ElementsAre(4, 1));
}

TEST(LoraModules, AreNamedAsInMemory) {
  const auto modules = lora_modules(routed_weights(), per_expert());
  ASSERT_EQ(modules.size(), 3);
  EXPECT_EQ(modules[1].name, "mlp.experts.up_proj");
  EXPECT_EQ(modules[1].owner, "mlp.experts");
  EXPECT_EQ(modules[1].experts(), 2);
  EXPECT_THAT(modules[1].a_shape(4), ElementsAre(2, 4, 3));
  EXPECT_THAT(modules[1].b_shape(4), ElementsAre(2, 5, 4));
}

TEST(LoraModules, FeedForwardsOfRoutedModelsAreFoundAsParameters) {
  const auto modules =
      lora_modules(routed_weights({linear("attn.q", {4, 3}), linear("attn.gate_proj", {4, 3}),
                                   linear("mlp.shared.up_proj", {4, 3}, Role::shared_experts)}),
                   per_expert());
  const auto as_parameter = [&](std::size_t i) { return modules.at(i).as_parameter; };
  EXPECT_FALSE(as_parameter(0));
  EXPECT_TRUE(as_parameter(1));  // PEFT would take the name for the experts'
  EXPECT_TRUE(as_parameter(2));
  EXPECT_TRUE(as_parameter(3));
  EXPECT_TRUE(as_parameter(4));
}

TEST(LoraModules, FeedForwardsOfARoutedTypeAreSoWithoutExperts) {
  const auto modules = lora_modules({linear("mlp.up_proj", {4, 3}, Role::mlp)}, per_expert());
  EXPECT_TRUE(modules.at(0).as_parameter);
  EXPECT_FALSE(lora_modules({linear("mlp.up_proj", {4, 3}, Role::mlp)}, {}).at(0).as_parameter);
}

TEST(LoraModules, TransposedExpertsMayBeUntold) {
  const auto modules = lora_modules(routed_weights(), {.renames = {},
                                                       .groups = {},
                                                       .transposed = {"experts.down_proj"},
                                                       .untold = {"experts.down_proj"}});
  EXPECT_FALSE(modules[1].is_swapped);
  EXPECT_TRUE(modules[2].is_swapped);
  EXPECT_THAT(modules[2].a_shape(4), ElementsAre(2, 4, 5));
  EXPECT_THAT(modules[2].b_shape(4), ElementsAre(2, 3, 4));
}

TEST(LoraModules, AModuleForEachExpertIsUnknown) {
  auto names = per_expert();
  names.loaded.clear();
  EXPECT_THROW(lora_modules(routed_weights(), names), Error);
}

}  // namespace
}  // namespace automodel::spec
