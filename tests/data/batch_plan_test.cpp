#include "data/batch_plan.h"

#include <set>

#include "data/support.h"

namespace automodel::data {
namespace {

TEST(BatchPlan, DealsOutSteps) {
  const BatchPlan plan{.num_rows = 10, .global_batch_size = 4, .local_batch_size = 2};
  EXPECT_EQ(steps_per_epoch(plan), 3);
  EXPECT_EQ(micro_batch_at(plan, {}, 1), (MicroBatch{.epoch = 0,
                                                     .step_begin = 0,
                                                     .step_end = 4,
                                                     .begin = 2,
                                                     .end = 4,
                                                     .index = 1,
                                                     .num_in_step = 2}));
  EXPECT_EQ(micro_batch_at(plan, {}, 4), (MicroBatch{.epoch = 0,
                                                     .step_begin = 8,
                                                     .step_end = 10,
                                                     .begin = 8,
                                                     .end = 10,
                                                     .index = 0,
                                                     .num_in_step = 1}));
  EXPECT_EQ(micro_batch_at(plan, {}, 5), (MicroBatch{.epoch = 1,
                                                     .step_begin = 0,
                                                     .step_end = 4,
                                                     .begin = 0,
                                                     .end = 2,
                                                     .index = 0,
                                                     .num_in_step = 2}));
}

TEST(BatchPlan, RanksShareTheStepOfOne) {
  for (const std::int64_t num_rows : {1, 5, 8, 12, 13, 15, 16}) {
    std::set<std::int64_t> seen;
    for (int rank = 0; rank < 2; ++rank) {
      const BatchPlan plan{num_rows, 8, 2, rank, 2};
      std::int64_t number = 0;
      for (MicroBatch m = micro_batch_at(plan, {}, 0); m.epoch == 0;
           m = micro_batch_at(plan, {}, ++number)) {
        EXPECT_EQ(m.step_begin % 8, 0);
        EXPECT_EQ(m.num_in_step, (m.step_end - m.step_begin + 3) / 4);
        EXPECT_EQ(m.index, number % 2);
        for (std::int64_t row = m.begin; row < m.end; ++row) {
          EXPECT_TRUE(row >= m.step_begin && row < m.step_end);
          EXPECT_TRUE(seen.insert(row).second) << "row " << row << " came twice";
        }
      }
      EXPECT_EQ(number, (num_rows / 8) * 2 + (num_rows % 8 + 3) / 4);
    }
    EXPECT_EQ(static_cast<std::int64_t>(seen.size()), num_rows);
  }
}

TEST(BatchPlan, GoesOnAnywhere) {
  const BatchPlan plan{.num_rows = 10, .global_batch_size = 4, .local_batch_size = 2};
  EXPECT_EQ(micro_batch_at(plan, {3, 4}, 0), micro_batch_at(plan, {3, 0}, 2));
  EXPECT_EQ(micro_batch_at(plan, {3, 8}, 1), micro_batch_at(plan, {4, 0}, 0));
  EXPECT_EQ(micro_batch_at(plan, {3, 10}, 0), micro_batch_at(plan, {4, 0}, 0));
  EXPECT_EQ(micro_batch_at(plan, {0, 3}, 2).step_begin, 7);
}

TEST(BatchPlan, RefusesImpossibleSizes) {
  EXPECT_EQ(error_of([] { check_plan({10, 6, 4, 0, 1}); }),
            "global_batch_size 6 must be divisible by local_batch_size 4 times the 1 "
            "data-parallel ranks");
  EXPECT_THAT(error_of([] { check_plan({10, 0, 1, 0, 1}); }),
              ::testing::StartsWith("batch sizes must be positive"));
  EXPECT_THAT(error_of([] { check_plan({0, 8, 4, 0, 2}); }),
              ::testing::StartsWith("the data set has no rows to make a batch of"));
  EXPECT_EQ(error_of([] { check_plan({10, 4, 1, 4, 4}); }), "data rank 4 of 4");
}

}  // namespace
}  // namespace automodel::data
