#include "models/moe.h"

#include <gmock/gmock.h>

#include "base/error.h"

namespace automodel::models {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

template <class Read>
auto read(const std::string& json, const Read& function) {
  const Json config = parse_json(json, "test");
  return function(ConfigReader(config, "config.json"));
}

template <class Read>
std::string read_error(const std::string& json, const Read& function) {
  try {
    read(json, function);
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

spec::Moe some_experts(const ConfigReader& c) {
  return routed_experts(c, {.experts = 6, .per_token = 2, .inner = 8});
}

spec::Router some_router(const ConfigReader& c) {
  return grouped_sigmoid_router(c, some_experts(c));
}

std::vector<bool> sparse(const ConfigReader& c) { return sparse_layers(c); }

TEST(RoutedExperts, NumbersUnderEveryName) {
  EXPECT_EQ(read("{}", some_experts).experts, 6);
  EXPECT_EQ(read(R"({"num_local_experts": 4})", some_experts).experts, 4);
  EXPECT_EQ(read(R"({"n_routed_experts": 3, "num_experts_per_tok": 3})", some_experts).per_token,
            3);
}

TEST(RoutedExperts, WhatAConfigStatesComesBeforeADefault) {
  const Json config = {{"num_local_experts", 4}};
  EXPECT_EQ(some_experts(ConfigReader(config, "t", {}, {{"num_experts", 64}})).experts, 4);
}

TEST(RoutedExperts, MorePerTokenThanThereAreIsAnError) {
  EXPECT_THAT(read_error(R"({"num_experts": 1})", some_experts),
              HasSubstr("config.json: 2 of 1 experts per token"));
}

/// As in Transformers: with the switch, and only where the type has the loss.
TEST(RoutedExperts, TheBalanceLossActsWithOutputRouterLogits) {
  const auto coefficient = [](const std::string& json, std::optional<double> fallback) {
    return read(json, [&](const ConfigReader& c) {
      const auto moe =
          routed_experts(c, {.experts = 6, .per_token = 2, .inner = 8, .balance_loss = fallback});
      c.finish({});
      return moe.training.balance_loss;
    });
  };
  EXPECT_EQ(coefficient("{}", 0.25), 0);
  EXPECT_EQ(coefficient(R"({"router_aux_loss_coef": 0.5})", 0.25), 0);
  EXPECT_EQ(coefficient(R"({"output_router_logits": true})", 0.25), 0.25);
  const std::string both = R"({"output_router_logits": true, "router_aux_loss_coef": 0.5})";
  EXPECT_EQ(coefficient(both, 0.25), 0.5);
  EXPECT_EQ(coefficient(both, std::nullopt), 0);
}

TEST(GroupedSigmoidRouter, GroupsMustFit) {
  EXPECT_EQ(read(R"({"n_group": 3, "topk_group": 2})", some_router).kept_groups, 2);
  for (const auto* json :
       {R"({"n_group": 4})", R"({"n_group": 0})", R"({"n_group": 6})",
        R"({"n_group": 3, "topk_group": 4})", R"({"n_group": 3, "num_experts_per_tok": 3})"}) {
    EXPECT_THAT(read_error(json, some_router), HasSubstr("do not fit 6 experts")) << json;
  }
}

TEST(SparseLayers, ByTypesOrFirstOrStep) {
  EXPECT_THAT(read(R"({"num_hidden_layers": 2, "mlp_layer_types": ["dense", "sparse"]})", sparse),
              ElementsAre(false, true));
  EXPECT_THAT(read(R"({"num_hidden_layers": 3, "first_k_dense_replace": 1})", sparse),
              ElementsAre(false, true, true));
  EXPECT_THAT(
      read(R"({"num_hidden_layers": 4, "decoder_sparse_step": 2, "mlp_only_layers": [3]})", sparse),
      ElementsAre(false, true, false, false));
}

TEST(SparseLayers, RefusesWrongTypesAndCounts) {
  EXPECT_THAT(read_error(R"({"num_hidden_layers": 1, "mlp_layer_types": ["hash"]})", sparse),
              HasSubstr("supported: dense, sparse"));
  EXPECT_THAT(read_error(R"({"num_hidden_layers": 2, "mlp_layer_types": ["dense"]})", sparse),
              HasSubstr("mlp_layer_types has 1 entries for 2 layers"));
  EXPECT_THAT(read_error(R"({"num_hidden_layers": 0})", sparse), HasSubstr("expected 1 to 10000"));
}

}  // namespace
}  // namespace automodel::models
