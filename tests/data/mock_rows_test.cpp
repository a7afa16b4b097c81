#include "data/mock_rows.h"

#include "data/support.h"

namespace automodel::data {
namespace {

std::unique_ptr<const Dataset> rows_of(std::vector<std::int32_t> ids,
                                       std::vector<std::uint8_t> learnt) {
  TokenizedSample row;
  append_document(row, std::move(ids), std::move(learnt));
  return make_mock_rows({row});
}

TEST(MockRows, AreKeptAndHaveAPlace) {
  const auto rows = rows_of({4, 5}, {0, 1});
  EXPECT_EQ(rows->size(), 1);
  EXPECT_EQ(rows->sample(0).ids, (std::vector<std::int32_t>{4, 5}));
  EXPECT_EQ(rows->location(0), "mock row 0");
}

TEST(MockRows, TheHashKnowsTokensAndWhatIsLearnt) {
  const auto hash = rows_of({4, 5}, {0, 1})->content_hash();
  EXPECT_EQ(rows_of({4, 5}, {0, 1})->content_hash(), hash);
  EXPECT_NE(rows_of({4, 6}, {0, 1})->content_hash(), hash);
  EXPECT_NE(rows_of({4, 5}, {1, 1})->content_hash(), hash);
}

TEST(MockRows, SizesAreChecked) {
  check_mock_size("n", 3, 3);
  EXPECT_THAT(error_of([] { check_mock_size("n", 2, 3); }),
              ::testing::HasSubstr("mock data: n must be at least 3 and below 2^31, found 2"));
  EXPECT_THAT(error_of([] { check_mock_size("n", std::int64_t{1} << 31, 3); }),
              ::testing::HasSubstr("below 2^31"));
}

}  // namespace
}  // namespace automodel::data
