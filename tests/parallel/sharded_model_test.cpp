#include "parallel/sharded_model.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/nn/tiny_model.h"

namespace automodel::parallel {
namespace {

ShardedModel tiny(Recompute recompute = Recompute::off) {
  const auto spec = nn::tiny_spec();
  return {spec, nn::tiny_parameters(spec), {.recompute = recompute}};
}

TEST(ShardedModel, LossAndGradientsDoNotDependOnTheCut) {
  const auto whole = nn::tiny_tokens({6, 9});
  auto first = nn::tiny_tokens({6});
  auto second = nn::tiny_tokens({9});
  first.ids_t = whole.ids_t.slice(0, 0, 6);
  first.labels_t = whole.labels_t.slice(0, 0, 6);
  second.ids_t = whole.ids_t.slice(0, 6);
  second.labels_t = whole.labels_t.slice(0, 6);
  auto a = tiny();
  auto b = tiny();
  const double weight = 1.0 / 11;  // 4 + 7 labels
  const double loss = a.forward_backward(whole, {weight}, 0).loss;
  const double parts =
      b.forward_backward(first, {weight}, 0).loss + b.forward_backward(second, {weight}, 0).loss;
  EXPECT_NEAR(loss, parts, 1e-5 * loss);
  EXPECT_NEAR(a.grad_norm(), b.grad_norm(), 1e-5 * a.grad_norm());
}

TEST(ShardedModel, ScoreAgreesWithTheLoss) {
  auto model = tiny();
  const auto tokens = nn::tiny_tokens({6, 9});
  const auto scores = model.score(tokens);
  EXPECT_EQ(scores.nll_n.numel(), 11);
  EXPECT_NEAR(scores.nll_n.sum().item<double>(), model.forward_backward(tokens, {}, 0).loss, 1e-4);
}

TEST(ShardedModel, ScoresAreWithoutTheLossesTerms) {
  auto model = tiny();
  const auto tokens = nn::tiny_tokens({6, 9});
  const double plain = model.forward_backward(tokens, {}, 0).loss;
  const double more = model.forward_backward(tokens, {.terms = {.z_loss = 0.5}}, 0).loss;
  EXPECT_GT(more, plain + 1);
  EXPECT_NEAR(model.score(tokens).nll_n.sum().item<double>(), plain, 1e-4);
}

TEST(ShardedModel, RecomputeChangesNoByte) {
  const auto tokens = nn::tiny_tokens({6, 9});
  auto kept = tiny();
  const double loss = kept.forward_backward(tokens, {}, 0).loss;
  for (const auto recompute : {Recompute::selective, Recompute::full}) {
    auto again = tiny(recompute);
    EXPECT_EQ(again.forward_backward(tokens, {}, 0).loss, loss);
    EXPECT_EQ(again.grad_norm(), kept.grad_norm());
  }
}

TEST(ShardedModel, NormOfAllGradients) {
  auto model = tiny();
  model.forward_backward(nn::tiny_tokens({8}), {}, 0);
  double squares = 0;
  for (const auto& parameter : model.parameters().all()) {
    squares += parameter.value.grad().to(at::kDouble).square().sum().item<double>();
  }
  EXPECT_NEAR(model.grad_norm(), std::sqrt(squares), 1e-6 * std::sqrt(squares));
  model.zero_grad();
  EXPECT_EQ(model.grad_norm(), 0);
}

TEST(ShardedModel, AClassifierCountsWhatItTold) {
  const auto spec = spec::as_classifier(nn::tiny_spec(), 3);
  ShardedModel model(spec, nn::tiny_parameters(spec), {});
  auto tokens = nn::tiny_tokens({6, 9});
  tokens.labels_t.fill_(ops::kIgnoreIndex);
  const at::Tensor logits_tv = model.logits(tokens);
  EXPECT_EQ(logits_tv.sizes(), (std::vector<std::int64_t>{15, 3}));
  tokens.labels_t[5] = logits_tv[5].argmax();
  tokens.labels_t[14] = (logits_tv[14].argmax() + 1).remainder(3);
  const auto result = model.forward_backward(tokens, {}, 0);
  EXPECT_EQ(result.num_correct, 1);
  const at::Tensor last = logits_tv.index_select(0, at::tensor({5, 14}));
  const at::Tensor labels = tokens.labels_t.index_select(0, at::tensor({5, 14}));
  EXPECT_NEAR(result.loss,
              at::cross_entropy_loss(last, labels, {}, at::Reduction::Sum).item<double>(), 1e-5);
  EXPECT_TRUE(model.parameters().at("score.weight").grad().any().item<bool>());
  EXPECT_EQ(tiny().forward_backward(nn::tiny_tokens({6}), {}, 0).num_correct, 0);
}

}  // namespace
}  // namespace automodel::parallel
