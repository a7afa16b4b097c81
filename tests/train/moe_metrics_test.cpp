#include "train/moe_metrics.h"

#include <gmock/gmock.h>

#include <cmath>

namespace automodel::train {
namespace {

using ::testing::IsEmpty;

/// Layers 1 and 4 of four experts: one evenly used, one not.
nn::RouterReport some_report() {
  return {
      .layers = {{.layer = 1, .counts_e = {5, 5, 5, 5}, .sequence_balance_loss = 1, .z_loss = 2},
                 {.layer = 4, .counts_e = {0, 4, 4, 8}, .sequence_balance_loss = 2, .z_loss = 3}},
      .balance_loss = 2.5,
      .loss = 0.75};
}

double number(const Json& json, const std::string& name) { return json.at(name).get<double>(); }

TEST(MoeMetrics, LossesThatAreOffAreLeftOut) {
  EXPECT_EQ(router_losses(some_report()).dump(),
            R"({"aux_loss":0.75,"balance_loss":2.5,"sequence_balance_loss":1.5,"z_loss":2.5})");
  EXPECT_THAT(router_losses({.layers = {{.layer = 1, .counts_e = {1, 2}}}}), IsEmpty());
  EXPECT_THAT(router_losses({}), IsEmpty());
}

TEST(MoeMetrics, OffUnlessAskedForAndNothingWithoutExperts) {
  EXPECT_THAT(moe_metrics({}, 0, some_report()), IsEmpty());
  EXPECT_THAT(moe_metrics({.enabled = true}, 0, {}), IsEmpty());
}

TEST(MoeMetrics, Brief) {
  const Json json = moe_metrics({.enabled = true}, 0, some_report());
  // Standard deviation of 0, 4, 4, 8 with n - 1 is sqrt(32 / 3), their mean 4.
  const double cv = std::sqrt(32.0 / 3) / 4;
  EXPECT_DOUBLE_EQ(number(json, "moe/cv_mean"), cv / 2);
  EXPECT_DOUBLE_EQ(number(json, "moe/cv_median"), cv / 2);
  EXPECT_EQ(number(json, "moe/cv_min"), 0);
  EXPECT_DOUBLE_EQ(number(json, "moe/cv_max"), cv);
  EXPECT_EQ(number(json, "moe/aux_loss_mean"), 1.5);
  EXPECT_EQ(number(json, "moe/expert_utilization_min"), 0);
  EXPECT_EQ(number(json, "moe/expert_utilization_p25"), 1);
  EXPECT_EQ(number(json, "moe/expert_utilization_median"), 1);
  EXPECT_EQ(number(json, "moe/expert_utilization_p75"), 1);
  EXPECT_EQ(number(json, "moe/expert_utilization_max"), 2);
  EXPECT_EQ(number(json, "moe/dead_expert_frac_mean"), 0.125);
  // Shares 1/4, 1/4, 1/2: entropy 1.5 ln 2.
  const double diversity = std::exp(1.5 * std::log(2.0)) / 4;
  EXPECT_DOUBLE_EQ(number(json, "moe/expert_diversity_min"), diversity);
  EXPECT_DOUBLE_EQ(number(json, "moe/expert_diversity_mean"), (1 + diversity) / 2);
  EXPECT_EQ(json.size(), 13U);
}

TEST(MoeMetrics, TheMostAndTheLeastUsedExperts) {
  const Json json = moe_metrics({.enabled = true, .top_k_experts = 1}, 0, some_report());
  EXPECT_EQ(number(json, "moe_expert_utilization/layer_4_expert_0"), 0);
  EXPECT_EQ(number(json, "moe_expert_utilization/layer_4_expert_3"), 2);
  EXPECT_EQ(json.size(), 15U);
  EXPECT_EQ(moe_metrics({.enabled = true, .top_k_experts = 99}, 0, some_report()).size(), 13U + 8);
}

TEST(MoeMetrics, DetailedByLayerEverySoManySteps) {
  const config::MoeMetrics options{.enabled = true, .detailed = true, .detailed_every_steps = 3};
  const Json json = moe_metrics(options, 6, some_report());
  EXPECT_EQ(number(json, "moe/layer_1/cv"), 0);
  EXPECT_EQ(number(json, "moe/layer_4/aux_loss"), 2);
  EXPECT_EQ(number(json, "moe/layer_4/utilization_mean"), 1);
  EXPECT_EQ(number(json, "moe/layer_4/dead_expert_frac"), 0.25);
  EXPECT_EQ(number(json, "moe/layer_1/expert_diversity"), 1);
  EXPECT_FALSE(moe_metrics(options, 7, some_report()).contains("moe/layer_1/cv"));
  EXPECT_TRUE(moe_metrics({.enabled = true, .detailed = true}, 7, some_report())
                  .contains("moe/layer_1/cv"));
}

TEST(MoeMetrics, ALayerOfOneExpert) {
  const Json json = moe_metrics({.enabled = true}, 0, {.layers = {{.layer = 0, .counts_e = {3}}}});
  EXPECT_EQ(number(json, "moe/cv_max"), 0);
  EXPECT_EQ(number(json, "moe/expert_diversity_min"), 1);
  EXPECT_FALSE(json.contains("moe/aux_loss_mean"));
}

}  // namespace
}  // namespace automodel::train
