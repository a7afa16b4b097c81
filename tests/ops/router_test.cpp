#include "ops/router.h"

#include <gmock/gmock.h>

#include "base/error.h"
#include "tests/ops/gradient_check.h"

namespace automodel::ops {
namespace {

using ::testing::ElementsAre;

std::vector<std::int64_t> chosen(const Tensor& logits_te, const Tensor& correction_e,
                                 const RouterOptions& options) {
  const Tensor experts = choose_experts(logits_te, correction_e, options);
  return {experts.const_data_ptr<std::int64_t>(),
          experts.const_data_ptr<std::int64_t>() + experts.numel()};
}

Tensor row(std::vector<float> values) { return at::tensor(values).unsqueeze(0); }

TEST(ChooseExperts, BestFirst) {
  EXPECT_THAT(chosen(row({0, 3, -1, 2}), {}, {.per_token = 2}), ElementsAre(1, 3));
}

TEST(ChooseExperts, TheCorrectionChangesTheChoiceOnly) {
  const RouterOptions options{.per_token = 1, .score = RouterScore::sigmoid};
  const Tensor logits = row({0, 3, -1, 2});
  const Tensor correction = at::tensor({0.F, 0.F, 2.F, 0.F});
  EXPECT_THAT(chosen(logits, correction, options), ElementsAre(2));
  const Tensor weights =
      routing_weights(logits, choose_experts(logits, correction, options), options);
  EXPECT_NEAR(weights.item<double>(), 1 / (1 + std::exp(1.0)), 1e-6);
}

TEST(ChooseExperts, ACorrectionOfLogitsIsNotOneOfScores) {
  RouterOptions options{.per_token = 1, .score = RouterScore::sigmoid};
  const Tensor logits = row({8, 3});
  const Tensor correction = at::tensor({0.F, 1.F});
  EXPECT_THAT(chosen(logits, correction, options), ElementsAre(1));
  options.choose_by_logits = true;
  EXPECT_THAT(chosen(logits, correction, options), ElementsAre(0));
}

TEST(ChooseExperts, OnlyFromTheBestGroups) {
  RouterOptions options{
      .per_token = 2, .score = RouterScore::sigmoid, .groups = 3, .kept_groups = 1};
  const Tensor logits = row({3, -9, 1, 1, 0, 0});
  EXPECT_THAT(chosen(logits, {}, options), ::testing::UnorderedElementsAre(2, 3));  // best two
  options.group_best = 1;
  EXPECT_THAT(chosen(logits, {}, options), ElementsAre(0, 1));  // best one
}

TEST(ChooseExperts, RefusesMoreThanThereAre) {
  EXPECT_THROW(choose_experts(row({1, 2}), {}, {.per_token = 3}), Error);
}

TEST(RoutingWeights, EqualTheFormulasWithGradients) {
  const Tensor experts = at::tensor({2, 0, 1, 3}, at::kLong).view({2, 2});
  const auto compare = [&](const RouterOptions& options, const Formula& formula) {
    expect_same([&](const Inputs& in) { return routing_weights(in[0], experts, options); }, formula,
                {random_tensor({2, 4})});
  };
  compare({.per_token = 2, .renormalise = true}, [&](const Inputs& in) {
    const Tensor p = in[0].exp().gather(1, experts);
    return p / p.sum(1, true);
  });
  compare({.per_token = 2, .score = RouterScore::softmax_of_chosen, .scale = 3},
          [&](const Inputs& in) {
            const Tensor p = in[0].gather(1, experts).exp();
            return p / p.sum(1, true) * 3;
          });
  compare({.per_token = 2,
           .score = RouterScore::sigmoid,
           .renormalise = true,
           .renormalise_eps = 0.5,
           .renormalise_at_least = 1.2},
          [&](const Inputs& in) {
            const Tensor p = (1 / (1 + (-in[0]).exp())).gather(1, experts);
            return p / (p.sum(1, true).clamp_min(1.2) + 0.5);
          });
}

}  // namespace
}  // namespace automodel::ops
