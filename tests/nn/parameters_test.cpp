#include "nn/parameters.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "tests/nn/tiny_model.h"

namespace automodel::nn {
namespace {

TEST(Parameters, InitialisationIsKeyedBySeedAndName) {
  const auto model = tiny_spec();
  const auto a = initialise(model, at::kFloat, 5);
  const auto b = initialise(model, at::kFloat, 5);
  const auto c = initialise(model, at::kFloat, 6);
  const std::string name = "model.layers.1.mlp.up_proj.weight";
  EXPECT_TRUE(at::equal(a.at(name), b.at(name)));
  EXPECT_FALSE(at::equal(a.at(name), c.at(name)));
  EXPECT_FALSE(at::equal(a.at(name), a.at("model.layers.2.mlp.up_proj.weight")));
  EXPECT_NEAR(a.at(name).std().item<double>(), model.init.std, 2e-3);
  EXPECT_TRUE(at::equal(a.at("model.norm.weight"), at::ones({24})));
}

TEST(Parameters, FreshOnesFollowTheRulesOfTheSpec) {
  auto model = tiny_spec();
  model.init = {.std = 0.5, .cutoff = 1.5};
  model.pad_token_id = 3;
  model.init_rules = {{"up_proj.weight", {.constant = 2}}};
  const auto fresh = initialise(model, at::kFloat, 5);
  const auto& embedding = fresh.at("model.embed_tokens.weight");
  EXPECT_EQ(embedding[3].abs().max().item<double>(), 0);
  EXPECT_NE(embedding[2].abs().max().item<double>(), 0);
  EXPECT_LE(embedding.abs().max().item<double>(), 0.75);
  EXPECT_GT(embedding.abs().max().item<double>(), 0.7);
  EXPECT_NEAR(fresh.at("model.layers.0.mlp.gate_proj.weight").std().item<double>(), 0.371, 0.02);
  EXPECT_TRUE(at::equal(fresh.at("model.layers.1.mlp.up_proj.weight"),
                        at::full_like(fresh.at("model.layers.1.mlp.up_proj.weight"), 2)));
}

TEST(Parameters, SomeAreNotRounded) {
  auto model = tiny_spec();
  model.float32_parts = {"q_proj"};
  model.float32_or_bfloat16_parts = {"model.norm"};
  const auto type = [&](at::ScalarType wanted, const std::string& name) {
    return initialise(model, wanted, 5).at(name).scalar_type();
  };
  EXPECT_EQ(type(at::kBFloat16, "model.layers.0.self_attn.q_proj.weight"), at::kFloat);
  EXPECT_EQ(type(at::kBFloat16, "model.norm.weight"), at::kBFloat16);
  EXPECT_EQ(type(at::kHalf, "model.norm.weight"), at::kFloat);
  EXPECT_EQ(type(at::kHalf, "model.layers.0.self_attn.k_proj.weight"), at::kHalf);
}

TEST(Parameters, LinearCarriesBiasAndAdapter) {
  Parameters parameters;
  parameters.add({.name = "x.weight", .shape = {3, 4}}, at::zeros({3, 4}));
  parameters.add({.name = "y.weight", .shape = {1, 4}}, at::zeros({1, 4}));
  const auto modules =
      spec::lora_modules({{.name = "x.weight", .shape = {3, 4}, .is_linear = true},
                          {.name = "y.weight", .shape = {1, 4}, .is_linear = true}},
                         {.renames = {{"x", "xy"}, {"y", "xy"}}, .groups = {}, .transposed = {}});
  ASSERT_EQ(modules.size(), 1);
  EXPECT_FALSE(parameters.linear("x").adapter.has_value());
  parameters.add_adapter(modules[0], at::ones({2, 4}), {at::zeros({3, 2}), at::ones({1, 2})}, 4);
  parameters.set_lora({.rank = 2, .scale = 4, .dropout = 0.5});
  const auto x = parameters.linear("x");
  const auto y = parameters.linear("y");
  EXPECT_FALSE(x.bias_o.defined());
  ASSERT_TRUE(x.adapter.has_value());
  EXPECT_EQ(x.adapter->scale, 4);
  EXPECT_TRUE(x.adapter->a_ri.is_same(y.adapter->a_ri));
  EXPECT_EQ(x.adapter->dropout_seed, y.adapter->dropout_seed);
  EXPECT_TRUE(y.adapter->b_or.is_same(parameters.at(lora_b_name("y"))));
  EXPECT_TRUE(parameters.trained().empty());
}

TEST(Parameters, NamesAreUniqueAndMustExist) {
  Parameters parameters;
  parameters.add({.name = "x", .shape = {1}}, at::zeros({1}));
  EXPECT_THROW(parameters.add({.name = "x", .shape = {1}}, at::zeros({1})), Error);
  EXPECT_THROW(parameters.at("y"), Error);
  EXPECT_FALSE(parameters.find("y").defined());
}

}  // namespace
}  // namespace automodel::nn
