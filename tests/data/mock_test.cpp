#include "data/mock.h"

#include "data/batch.h"
#include "data/support.h"

namespace automodel::data {
namespace {

TEST(MockData, EveryBatchTokenHasALabel) {
  const auto dataset = make_mock_dataset({.vocab_size = 7, .seq_len = 20, .num_samples = 3});
  EXPECT_EQ(dataset->size(), 3);
  const std::vector<TokenizedSample> samples = {dataset->sample(2)};
  const Batch batch = collate(samples, std::vector<std::int64_t>{2}, {.drop_last_token = true});
  EXPECT_EQ(batch.ids.size(), 20U);
  EXPECT_EQ(num_label_tokens(batch), 20);
  EXPECT_THAT(batch.ids, ::testing::Each(::testing::AllOf(::testing::Ge(0), ::testing::Lt(7))));
}

TEST(MockData, RowsDifferAndRepeatThemselves) {
  const auto dataset = make_mock_dataset({.seq_len = 9, .seed = 4});
  EXPECT_EQ(dataset->sample(5), dataset->sample(5));
  EXPECT_NE(dataset->sample(5), dataset->sample(6));
  EXPECT_NE(dataset->sample(5), make_mock_dataset({.seq_len = 9, .seed = 5})->sample(5));
  EXPECT_EQ(dataset->location(5), "mock row 5");
}

TEST(MockData, SizesAreChecked) {
  EXPECT_THAT(error_of([] { make_mock_dataset({.seq_len = 0}); }),
              ::testing::HasSubstr("seq_len must be at least 1 and below 2^31, found 0"));
}

}  // namespace
}  // namespace automodel::data
