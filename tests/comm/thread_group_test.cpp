#include "comm/thread_group.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <atomic>

#include "base/error.h"

namespace automodel::comm {
namespace {

TEST(ThreadGroup, CollectivesAgreeOnEveryRank) {
  std::atomic<int> right = 0;
  run_ranks(3, [&](Group& group) {
    const auto own = static_cast<float>(group.rank() + 1);
    for (int round = 0; round < 50; ++round) {
      Tensor x = at::full({2}, own);
      group.all_reduce(x);
      const Tensor gathered = group.all_gather(at::full({1}, own));
      const Tensor part = group.reduce_scatter(at::arange(6, at::kFloat) * own);
      Tensor y = at::full({1}, own);
      group.broadcast(y, 2);
      right +=
          at::equal(x, at::full({2}, 6.0F)) &&
          at::equal(gathered, at::tensor({1.0F, 2.0F, 3.0F})) &&
          at::equal(
              part,
              at::arange(6, at::kFloat).slice(0, 2 * group.rank(), 2 * group.rank() + 2) * 6) &&
          at::equal(y, at::full({1}, 3.0F));
    }
  });
  EXPECT_EQ(right, 150);
}

TEST(ThreadGroup, AFailingRankEndsTheOthersWaits) {
  try {
    run_ranks(2, [](Group& group) {
      if (group.rank() == 0) {
        fail(ErrorKind::io, "rank 0 lost its disk");
      }
      group.barrier();
    });
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.message(), "rank 0 lost its disk");
  }
}

TEST(ThreadGroup, RefusesWrongSizes) {
  EXPECT_THROW(make_thread_groups(0), Error);
  EXPECT_THROW(run_ranks(2, [](Group& group) { group.reduce_scatter(at::zeros({3})); }), Error);
  EXPECT_THROW(run_ranks(2,
                         [](Group& group) {
                           Tensor x = at::zeros({1});
                           group.broadcast(x, 2);
                         }),
               Error);
  EXPECT_EQ(make_thread_groups(4)[3]->rank(), 3);
}

}  // namespace
}  // namespace automodel::comm
