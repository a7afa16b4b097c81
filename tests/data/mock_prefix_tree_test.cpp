#include "data/mock_prefix_tree.h"

#include "data/batch.h"
#include "data/support.h"

namespace automodel::data {
namespace {

using ::testing::ElementsAre;

constexpr MockRolloutOptions kSmall = {
    .num_groups = 2, .completions_per_group = 2, .prompt_len = 3, .completion_len = 3};

// random.Random(0) of Python draws 866, 396, 778, 913, 432, 43, 267, 990, 525 by randint(2, 1023).
TEST(MockRollouts, AreAPromptWithEachOfItsAnswers) {
  const auto rows = make_mock_rollout_dataset(kSmall);
  ASSERT_EQ(rows->size(), 2);
  const TokenizedSample row = rows->sample(0);
  EXPECT_THAT(row.ids, ElementsAre(866, 396, 778, 913, 432, 43, 866, 396, 778, 267, 990, 525));
  EXPECT_THAT(row.document_lengths, ElementsAre(6, 6));
  EXPECT_THAT(row.loss_mask, ElementsAre(0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 1, 1));
  EXPECT_NE(rows->sample(1).ids, row.ids);
}

TEST(MockRollouts, AnAnswersPositionsGoOnFromThePrompt) {
  const std::vector<TokenizedSample> rows = {make_mock_rollout_dataset(kSmall)->sample(1)};
  const Batch batch = collate(rows, std::vector<std::int64_t>{1}, {.drop_last_token = true});
  EXPECT_THAT(batch.positions, ElementsAre(0, 1, 2, 3, 4, 0, 1, 2, 3, 4));
  EXPECT_EQ(num_label_tokens(batch), 4);
}

TEST(MockRollouts, SizesAreChecked) {
  EXPECT_THAT(error_of([] { make_mock_rollout_dataset({.completion_len = 1}); }),
              ::testing::HasSubstr("completion_len must be at least 2"));
  EXPECT_THAT(error_of([] { make_mock_rollout_dataset({.vocab_size = 2}); }),
              ::testing::HasSubstr("vocab_size must be at least 3"));
}

}  // namespace
}  // namespace automodel::data
