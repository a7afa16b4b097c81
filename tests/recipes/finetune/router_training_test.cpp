#include "recipes/finetune/router_training.h"

#include <gmock/gmock.h>

#include "nn/parameters.h"
#include "tensor/expect_error.h"

namespace automodel::recipes {
namespace {

using automodel::testing::expect_error;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

spec::ModelSpec routed(bool correction = true) {
  const spec::Moe moe{.experts = 4,
                      .per_token = 2,
                      .inner = 8,
                      .router = {.correction = correction},
                      .training = {.correction_step = correction ? 0.001 : 0}};
  return {.model_type = "some_moe",
          .vocab_size = 16,
          .dim = 8,
          .layers = {{.mixer = spec::Gqa{.heads = 1, .kv_heads = 1, .head_dim = 8},
                      .ffn = spec::Mlp{.inner = 8}},
                     {.mixer = spec::Gqa{.heads = 1, .kv_heads = 1, .head_dim = 8}, .ffn = moe}}};
}

config::Recipe with(const config::MoeOverrides& overrides) {
  config::Recipe recipe;
  recipe.model.moe_overrides = overrides;
  return recipe;
}

spec::RouterTraining trained(const config::Recipe& recipe) {
  return spec::moe_of(with_router_training(routed(), recipe).layers[1])->training;
}

TEST(RouterTraining, TheRecipeOverridesTheFamily) {
  EXPECT_EQ(trained({}),
            (spec::RouterTraining{.correction_step = 0.001, .float32_correction = true}));
  EXPECT_EQ(
      trained(with({.aux_loss_coeff = 0.5, .z_loss_coeff = 0.25, .gate_bias_update_factor = 0})),
      (spec::RouterTraining{
          .sequence_balance_loss = 0.5, .z_loss = 0.25, .float32_correction = true}));
  EXPECT_EQ(trained(with({.gate_bias_update_factor = 0.5})).correction_step, 0.5);
}

TEST(RouterTraining, AdaptersLeaveTheCorrections) {
  config::Recipe recipe;
  recipe.peft = config::Peft();
  EXPECT_EQ(trained(recipe), spec::RouterTraining());
}

TEST(RouterTraining, RoutersOfABenchmarkDecideNothing) {
  config::Recipe recipe;
  recipe.model.backend = {{"fake_balanced_gate", true}};
  EXPECT_EQ(trained(recipe), (spec::RouterTraining{.even = true}));
  EXPECT_THAT(describe_router_training(with_router_training(routed(), recipe)),
              HasSubstr("experts take turns"));
  auto dense = routed();
  dense.layers.resize(1);
  expect_error(ErrorKind::invalid_argument, "some_moe has no routed experts; remove the key",
               [&] { with_router_training(dense, recipe); });
  recipe.model.moe_overrides.z_loss_coeff = 0.5;
  expect_error(ErrorKind::invalid_argument, "model.moe_overrides trains them; remove one",
               [&] { with_router_training(routed(), recipe); });
}

TEST(RouterTraining, TheProductOfRoutersIsFloat32IfAskedFor) {
  const auto in_float32 = [](const config::Recipe& recipe) {
    return spec::moe_of(with_router_training(routed(), recipe).layers[1])->router.logits_in_float32;
  };
  config::Recipe recipe;
  EXPECT_FALSE(in_float32(recipe));
  recipe.model.backend = {{"gate_precision", "float32"}};
  EXPECT_TRUE(in_float32(recipe));
  auto dense = routed();
  dense.layers.resize(1);
  expect_error(ErrorKind::invalid_argument, "gate_precision: some_moe has no routed experts",
               [&] { with_router_training(dense, recipe); });
}

TEST(RouterTraining, WhatCannotBeIsAnError) {
  const auto refused = [](const char* text, const spec::ModelSpec& model,
                          const config::Recipe& recipe) {
    expect_error(ErrorKind::invalid_argument, text, [&] { with_router_training(model, recipe); });
  };
  auto dense = routed();
  dense.layers.resize(1);
  refused("moe_overrides: some_moe has no routed experts; remove the section", dense,
          with({.z_loss_coeff = 1}));
  refused("the routers of some_moe have no correction bias", routed(false),
          with({.gate_bias_update_factor = 0.1}));
  auto adapters = with({.gate_bias_update_factor = 0.1});
  adapters.peft = config::Peft();
  refused("belong to the base model, which peft leaves as it is", routed(), adapters);
  EXPECT_NO_THROW(with_router_training(routed(false), with({.gate_bias_update_factor = 0})));
  EXPECT_NO_THROW(with_router_training(dense, {}));
}

TEST(RouterTraining, CorrectionsThatAnyPartOfARunMayMoveAreFloat32) {
  const std::string name = "model.layers.1.mlp.gate.e_score_correction_bias";
  const auto parameters = nn::initialise(routed(), at::kBFloat16, 1);
  EXPECT_EQ(parameters.at(name).scalar_type(), at::kFloat);
  EXPECT_EQ(parameters.at("model.norm.weight").scalar_type(), at::kBFloat16);
  auto still = routed();
  spec::moe_of(still.layers[1])->training = {};
  const auto others = nn::initialise(still, at::kBFloat16, 1);
  EXPECT_EQ(others.at(name).scalar_type(), at::kBFloat16);
  const auto stopped = with_router_training(routed(), with({.gate_bias_update_factor = 0}));
  EXPECT_EQ(nn::initialise(stopped, at::kBFloat16, 1).at(name).scalar_type(), at::kFloat);
}

TEST(RouterTraining, IsTold) {
  auto model = routed();
  EXPECT_EQ(describe_router_training(model), "corrections move by 0.001 a step");
  auto& training = spec::moe_of(model.layers[1])->training;
  training = {.balance_loss = 0.5,
              .sequence_balance_loss = 0.25,
              .z_loss = 0.125,
              .correction_step = 0.001};
  EXPECT_EQ(describe_router_training(model),
            "losses: balance x0.5, balance of documents x0.25, z x0.125; corrections move by "
            "0.001 a step");
  training = {};
  EXPECT_EQ(describe_router_training(model), "");
  model.layers.resize(1);
  EXPECT_EQ(describe_router_training(model), "");
}

TEST(RouterTraining, ACoefficientThatDoesNothingIsTold) {
  config::Recipe recipe;
  recipe.model.config_overrides = {{"router_aux_loss_coef", 0.001}};
  const Json config = Json::object();
  EXPECT_THAT(idle_router_keys(recipe, routed(), config),
              ElementsAre(HasSubstr("router_aux_loss_coef changes nothing")));
  auto acting = routed();
  spec::moe_of(acting.layers[1])->training.balance_loss = 0.001;
  EXPECT_THAT(idle_router_keys(recipe, acting, config), IsEmpty());
  recipe.model.config_overrides = {{"router_aux_loss_coef", 0}};
  EXPECT_THAT(idle_router_keys(recipe, routed(), config), IsEmpty());
  EXPECT_THAT(idle_router_keys({}, routed(), config), IsEmpty());
}

TEST(RouterTraining, WhatUpstreamBalancesByTheModelsOwnCoefficientIsTold) {
  auto model = routed();
  const auto notes = [&](const Json& config, const config::Recipe& recipe = {}) {
    return idle_router_keys(recipe, model, config);
  };
  const Json config = {{"router_aux_loss_coef", 0.9}};
  EXPECT_THAT(notes(config), IsEmpty()) << "upstream has no such loss for other types";
  model.model_type = "gpt_oss";
  EXPECT_THAT(notes(config),
              ElementsAre(HasSubstr("Upstream trains gpt_oss with a balance loss of that weight; "
                                    "for one, set model.moe_overrides.aux_loss_coeff: 0.9")));
  EXPECT_THAT(notes(Json::object()), ElementsAre(HasSubstr("router_aux_loss_coef 0.001 changes")))
      << "what Transformers' class says";
  EXPECT_THAT(notes({{"router_aux_loss_coef", 0}}), IsEmpty());
  EXPECT_THAT(notes(config, with({.aux_loss_coeff = 0})), IsEmpty()) << "the recipe has decided";
  EXPECT_THAT(notes(config, with({.z_loss_coeff = 0.1})), ::testing::SizeIs(1));
  spec::moe_of(model.layers[1])->training = {.even = true};
  EXPECT_THAT(notes(config), IsEmpty());
  spec::moe_of(model.layers[1])->training = {.balance_loss = 0.9};
  EXPECT_THAT(notes(config), IsEmpty());
  model = spec::as_classifier(model, 2);
  EXPECT_THAT(notes(config), IsEmpty()) << "they have none upstream either";
}

}  // namespace
}  // namespace automodel::recipes
