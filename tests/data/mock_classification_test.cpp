#include "data/mock_classification.h"

#include "data/support.h"
#include "data/test_text.h"

namespace automodel::data {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Drawn by upstream's code: random.seed(0), then randint for the length, each token and the class.
TEST(MockClassification, IsWhatUpstreamDraws) {
  const auto rows = make_mock_classification_dataset(
      {.num_samples = 2, .num_labels = 3, .vocab_size = 50, .max_seq_len = 6}, test_context());
  ASSERT_EQ(rows->size(), 2);
  EXPECT_THAT(rows->sample(0).ids, ElementsAre(28, 4, 18, 34, 33, 1));
  EXPECT_THAT(rows->sample(1).ids, ElementsAre(32, 24, 39, 15, 34, 0));
  EXPECT_TRUE(rows->sample(0).notes.ends_in_class);
  const auto other =
      make_mock_classification_dataset({.num_samples = 1, .seed = 7}, test_context())->sample(0);
  EXPECT_THAT(other.ids,
              ElementsAre(244, 40, 103, 168, 14, 20, 212, 139, 26, 95, 151, 16, 234, 131, 0));
}

TEST(MockClassification, SizesAreChecked) {
  const auto error = [](const MockClassificationOptions& options) {
    auto context = test_context();
    context.num_labels = 2;
    return error_of([&] { make_mock_classification_dataset(options, context); });
  };
  EXPECT_THAT(error({.num_labels = 3}),
              HasSubstr("num_labels is 3, but the model tells 2 classes; set model.num_labels"));
  EXPECT_THAT(error({.vocab_size = 2}), HasSubstr("vocab_size must be at least 3"));
  EXPECT_THAT(error({.max_seq_len = 3}), HasSubstr("max_seq_len must be at least 4"));
}

}  // namespace
}  // namespace automodel::data
