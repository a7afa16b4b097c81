#include "data/row_chunks.h"

#include <gmock/gmock.h>

#include <stdexcept>
#include <utility>
#include <vector>

namespace automodel::data {
namespace {

using ::testing::ElementsAre;
using Pairs = std::vector<std::pair<std::int64_t, std::int64_t>>;

TEST(RowChunks, CoverAllRowsAndTellBetween) {
  Pairs told, done;
  for_row_chunks(
      1100, [&](auto num_done, auto num_rows) { told.emplace_back(num_done, num_rows); },
      [&](auto begin, auto end) { done.emplace_back(begin, end); });
  EXPECT_THAT(done, ElementsAre(std::pair(0, 512), std::pair(512, 1024), std::pair(1024, 1100)));
  EXPECT_THAT(told, ElementsAre(std::pair(0, 1100), std::pair(512, 1100), std::pair(1024, 1100),
                                std::pair(1100, 1100)));
}

TEST(RowChunks, NobodyNeedsToBeTold) {
  Pairs done;
  for_row_chunks(3, {}, [&](auto begin, auto end) { done.emplace_back(begin, end); });
  EXPECT_THAT(done, ElementsAre(std::pair(0, 3)));
}

TEST(RowChunks, WhoIsToldMayEndTheWork) {
  Pairs done;
  const auto stop = [](std::int64_t num_done, std::int64_t) {
    if (num_done > 0) {
      throw std::runtime_error("stop");
    }
  };
  EXPECT_THROW(
      for_row_chunks(2000, stop, [&](auto begin, auto end) { done.emplace_back(begin, end); }),
      std::runtime_error);
  EXPECT_EQ(done.size(), 1U);
}

}  // namespace
}  // namespace automodel::data
