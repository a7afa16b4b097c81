#include "data/sample.h"

#include "data/support.h"

namespace automodel::data {
namespace {

TEST(Sample, FirstTokensOfDocumentsAreNeverTrained) {
  TokenizedSample sample;
  append_document(sample, {1, 2, 3}, {1, 0, 1});
  append_document(sample, {4}, {1});
  append_document(sample, {5, 6}, {1, 1});
  EXPECT_EQ(sample.ids, (std::vector<std::int32_t>{1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(sample.document_lengths, (std::vector<std::int64_t>{3, 1, 2}));
  EXPECT_EQ(num_trained_tokens(sample), 2);
}

TEST(Sample, RolesHaveNames) {
  for (std::size_t i = 0; i < kRoleNames.size(); ++i) {
    EXPECT_EQ(static_cast<std::size_t>(role_from_name(kRoleNames[i])), i);
  }
  EXPECT_EQ(role_from_name("robot"), Role::text);
}

TEST(Sample, MaskMustFit) {
  TokenizedSample sample;
  EXPECT_EQ(error_of([&] { append_document(sample, {1, 2}, {1}); }),
            "a document of 2 tokens has a loss mask of 1");
}

TEST(Sample, AWindowIsOneDocumentOfWhichAllIsLearnt) {
  const auto window = token_window({5, 6, 7});
  EXPECT_EQ(window.document_lengths, (std::vector<std::int64_t>{3}));
  EXPECT_EQ(num_trained_tokens(window), 2);
  EXPECT_TRUE(window.notes.is_window && window.notes.all_learnt);
}

}  // namespace
}  // namespace automodel::data
