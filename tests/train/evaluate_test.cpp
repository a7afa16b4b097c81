#include "train/evaluate.h"

#include <gmock/gmock.h>

#include <cmath>

#include "base/error.h"
#include "tensor/expect_error.h"
#include "train/tiny_model.h"
#include "train/tokens.h"

namespace automodel::train {
namespace {

/// Three documents: row 7 has two, row 8 one; the middle token of each is labelled, row 8's twice.
data::Batch batch() {
  return {.ids = {1, 2, 3, 4, 5, 6, 7},
          .labels = {-100, 3, -100, 5, -100, 7, 8},
          .positions = {0, 1, 0, 1, 0, 1, 2},
          .cu_seqlens = {0, 2, 4, 7},
          .samples = {7, 7, 8}};
}

ops::RowScores scores(std::vector<int> right) {
  return {.nll_n = at::tensor({1.0F, 2.0F, 3.0F, 4.0F}),
          .correct_n = at::tensor(right, at::kLong).to(at::kBool)};
}

TEST(ScoreSum, CountsTokensAndWholeRows) {
  ScoreSum sum;
  sum.add(batch(), scores({1, 1, 0, 1}));
  EXPECT_EQ(sum.result(), (Evaluation{.loss = 2.5,
                                      .token_accuracy = 0.75,
                                      .exact_match = 0.5,
                                      .num_label_tokens = 4,
                                      .num_rows = 2}));
}

TEST(ScoreSum, ARowIsExactOnlyIfAllItsDocumentsAre) {
  ScoreSum sum;
  sum.add(batch(), scores({0, 1, 1, 1}));
  sum.add(batch(), scores({1, 1, 1, 1}));
  EXPECT_DOUBLE_EQ(sum.result().exact_match, 0.75);
}

TEST(ScoreSum, TheNumberOfThreadsChangesNoByte) {
  constexpr int kTokens = 90001;
  const std::vector<std::int64_t> tokens(kTokens, 3);
  const data::Batch batch{.ids = tokens,
                          .labels = tokens,
                          .positions = tokens,
                          .cu_seqlens = {0, kTokens},
                          .samples = {0}};
  const ops::RowScores scores{(at::randn({kTokens}) * 8).exp(),
                              at::ones({kTokens}, at::TensorOptions(at::kBool))};
  const int before = at::get_num_threads();
  const auto loss = [&](int threads) {
    at::set_num_threads(threads);
    ScoreSum sum;
    sum.add(batch, scores);
    return sum.result().loss;
  };
  const double one = loss(1);
  EXPECT_EQ(loss(2), one);
  EXPECT_EQ(loss(3), one);
  at::set_num_threads(before);
}

TEST(ScoreSum, NothingLabelledIsAnError) { EXPECT_THROW(ScoreSum().result(), Error); }

class FixedRows final : public data::Dataset {
 public:
  std::int64_t size() const override { return 5; }
  data::TokenizedSample sample(std::int64_t index) const override {
    data::TokenizedSample out;
    const auto id = static_cast<std::int32_t>(index);
    data::append_document(out, {id, id + 1, id + 2}, {0, 1, 1});
    return out;
  }
  std::string location(std::int64_t index) const override { return std::to_string(index); }
  std::uint64_t content_hash() const override { return 1; }
};

TEST(Evaluate, DoesNotDependOnTheBatchSize) {
  const auto model = tiny_model();
  const auto one = *evaluate(model, FixedRows(), 1);
  const auto two = *evaluate(model, FixedRows(), 2);
  EXPECT_EQ(one.num_label_tokens, 10);
  EXPECT_EQ(one.num_rows, 5);
  EXPECT_NEAR(one.loss, two.loss, 1e-5);
  EXPECT_EQ(one.exact_match, two.exact_match);
}

TEST(Evaluate, LossIsThatOfTheLogits) {
  const auto model = tiny_model();
  double expected = 0;
  for (std::int64_t i = 0; i < 5; ++i) {
    const at::NoGradGuard no_grad;
    const Tensor logits = model.logits(
        {.ids_t = at::arange(i, i + 2), .positions_t = at::arange(2), .cu_seqlens = {0, 2}});
    const Tensor log_probabilities = at::log_softmax(logits, 1);
    expected -= log_probabilities[0][i + 1].item<double>();
    expected -= log_probabilities[1][i + 2].item<double>();
  }
  EXPECT_NEAR(evaluate(model, FixedRows(), 2)->loss, expected / 10, 1e-5);
}

TEST(Evaluate, NamesARowThatTheModelCannotTake) {
  auto spec = tiny_spec();
  spec.vocab_size = 6;
  testing::expect_error(ErrorKind::corrupt_data, "4: the row has the token id 6,",
                        [&] { evaluate(tiny_model(at::kFloat, spec), FixedRows(), 2); });
}

TEST(Evaluate, StopsBetweenBatches) {
  int num_batches = 0;
  const auto stops = [&] { return ++num_batches > 2; };
  EXPECT_EQ(evaluate(tiny_model(), FixedRows(), 1, stops), std::nullopt);
  EXPECT_EQ(num_batches, 3);
}

}  // namespace
}  // namespace automodel::train
