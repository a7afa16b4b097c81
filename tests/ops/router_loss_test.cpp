#include "ops/router_loss.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>

namespace automodel::ops {
namespace {

constexpr std::int64_t kExperts = 5;
const std::vector<std::int32_t> kDocuments = {0, 4, 4, 11};  // the second one is empty

Tensor some_logits(std::int64_t seed = 0) {
  at::manual_seed(static_cast<std::uint64_t>(seed));
  return at::randn({11, kExperts}) * 2;
}

/// Expert 4 is never chosen.
Tensor some_choice() {
  const Tensor first_t1 = at::arange(11).remainder(4).unsqueeze(1);
  return at::cat({first_t1, (first_t1 + 1).remainder(4)}, 1);
}

double value(const Tensor& tensor, std::int64_t i, std::int64_t j) {
  return tensor[i][j].item<double>();
}

std::vector<double> softmax_row(const Tensor& logits_te, std::int64_t t) {
  std::vector<double> out;
  double sum = 0;
  for (std::int64_t e = 0; e < kExperts; ++e) {
    out.push_back(std::exp(value(logits_te, t, e)));
    sum += out.back();
  }
  for (auto& p : out) {
    p /= sum;
  }
  return out;
}

std::vector<double> sigmoid_row(const Tensor& logits_te, std::int64_t t) {
  std::vector<double> out;
  double sum = 0;
  for (std::int64_t e = 0; e < kExperts; ++e) {
    out.push_back(1 / (1 + std::exp(-value(logits_te, t, e))));
    sum += out.back();
  }
  for (auto& p : out) {
    p /= sum;
  }
  return out;
}

TEST(RouterLoss, ExpertsWithoutTokensAreCounted) {
  const Tensor counts = expert_counts(at::tensor({0, 1, 1, 3}, at::kLong).view({2, 2}), kExperts);
  EXPECT_TRUE(at::equal(counts, at::tensor({1, 2, 0, 1, 0}, at::kLong)));
}

TEST(RouterLoss, TheLikeliestAreThoseOfTheHighestLogits) {
  const Tensor likeliest = likeliest_experts(at::tensor({1.F, 5.F, 3.F}).unsqueeze(0), 2);
  EXPECT_TRUE(at::equal(likeliest, at::tensor({1, 2}, at::kLong).unsqueeze(0)));
}

/// Transformers' formula, entry by entry, over the rows of two layers.
TEST(RouterLoss, TheBalanceLossIsThatOfAPlainLoop) {
  const Tensor one = some_logits(1), two = some_logits(2), choice = some_choice();
  std::vector<double> chosen(kExperts, 0), probability(kExperts, 0);
  for (std::int64_t t = 0; t < 11; ++t) {
    for (std::int64_t e = 0; e < kExperts; ++e) {
      const auto i = static_cast<std::size_t>(e);
      probability[i] += softmax_row(one, t)[i] + softmax_row(two, t)[i];
      chosen[i] += 2 * choice[t].eq(e).sum().item<double>();  // both layers chose alike
    }
  }
  double expected = 0;
  for (std::size_t e = 0; e < kExperts; ++e) {
    expected += chosen[e] / 22 * (probability[e] / 22) * kExperts;
  }
  const Tensor loss = balance_loss(expert_counts(choice, kExperts) * 2,
                                   probability_sums(one) + probability_sums(two), 22);
  EXPECT_NEAR(loss.item<double>(), expected, 1e-6);
}

TEST(RouterLoss, ABalancedRouterHasTheLeastBalanceLoss) {
  const Tensor even = at::full({kExperts}, 4, at::kLong);
  const Tensor uniform = at::full({kExperts}, 2.F);
  EXPECT_NEAR(balance_loss(even, uniform, 10).item<double>(), 2, 1e-6);  // k
}

void expect_sequence_loop(RouterScore score,
                          std::vector<double> (*scores)(const Tensor&, std::int64_t)) {
  const Tensor logits = some_logits(3), choice = some_choice();
  double expected = 0;
  for (const auto& [begin, end] : {std::pair<std::int64_t, std::int64_t>{0, 4}, {4, 11}}) {
    const auto length = static_cast<double>(end - begin);
    for (std::int64_t e = 0; e < kExperts; ++e) {
      double chosen = 0, mean_score = 0;
      for (std::int64_t t = begin; t < end; ++t) {
        chosen += choice[t].eq(e).sum().item<double>();
        mean_score += scores(logits, t)[static_cast<std::size_t>(e)] / length;
      }
      expected += length * (kExperts / (2 * length) * chosen) * mean_score;
    }
  }
  EXPECT_NEAR(sequence_balance_sum(logits, choice, kDocuments, score).item<double>(), expected,
              1e-5);
}

TEST(RouterLoss, TheSequenceBalanceIsThatOfAPlainLoop) {
  expect_sequence_loop(RouterScore::softmax, softmax_row);
  expect_sequence_loop(RouterScore::softmax_of_chosen, softmax_row);
  expect_sequence_loop(RouterScore::sigmoid, sigmoid_row);
}

TEST(RouterLoss, DocumentsAddUp) {
  const Tensor logits = some_logits(4), choice = some_choice();
  const auto sum = [&](std::int64_t begin, std::int64_t end) {
    return sequence_balance_sum(logits.slice(0, begin, end), choice.slice(0, begin, end),
                                {0, static_cast<std::int32_t>(end - begin)}, RouterScore::softmax)
        .item<double>();
  };
  EXPECT_NEAR(sequence_balance_sum(logits, choice, kDocuments, RouterScore::softmax).item<double>(),
              sum(0, 4) + sum(4, 11), 1e-5);
}

TEST(RouterLoss, TheZLossIsThatOfAPlainLoop) {
  const Tensor logits = some_logits(5);
  double expected = 0;
  for (std::int64_t t = 0; t < 11; ++t) {
    double sum = 0;
    for (std::int64_t e = 0; e < kExperts; ++e) {
      sum += std::exp(value(logits, t, e));
    }
    expected += std::pow(std::log(sum), 2);
  }
  EXPECT_NEAR(z_sum(logits).item<double>(), expected, 1e-4);
}

/// The gradient by a difference of the losses, in every entry: choices are constants.
void expect_gradient(const std::function<Tensor(const Tensor&)>& loss) {
  const Tensor logits = some_logits(6).requires_grad_(true);
  loss(logits).backward();
  const double step = 1e-2;
  for (std::int64_t t = 0; t < 11; ++t) {
    for (std::int64_t e = 0; e < kExperts; ++e) {
      const Tensor up = logits.detach().clone(), down = logits.detach().clone();
      up[t][e] += step;
      down[t][e] -= step;
      const double slope = (loss(up).item<double>() - loss(down).item<double>()) / (2 * step);
      EXPECT_NEAR(value(logits.grad(), t, e), slope, 2e-3);
    }
  }
}

TEST(RouterLoss, GradientsAreThoseOfTheFormulas) {
  const Tensor choice = some_choice();
  expect_gradient([&](const Tensor& logits) {
    return balance_loss(expert_counts(choice, kExperts), probability_sums(logits), 11);
  });
  for (const auto score : {RouterScore::softmax, RouterScore::sigmoid}) {
    expect_gradient([&](const Tensor& logits) {
      return sequence_balance_sum(logits, choice, kDocuments, score);
    });
  }
  expect_gradient(z_sum);
}

}  // namespace
}  // namespace automodel::ops
