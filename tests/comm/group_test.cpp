#include "comm/group.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace automodel::comm {
namespace {

TEST(SoloGroup, CollectivesAreFree) {
  SoloGroup group;
  Tensor x = at::arange(4, at::kFloat);
  const void* memory = x.data_ptr();
  group.all_reduce(x);
  group.broadcast(x, 0);
  group.barrier();
  EXPECT_EQ(group.all_gather(x).data_ptr(), memory);
  EXPECT_EQ(group.reduce_scatter(x).data_ptr(), memory);
  EXPECT_EQ(group.rank() + group.size(), 1);
  EXPECT_THROW(group.broadcast(x, 1), Error);
}

}  // namespace
}  // namespace automodel::comm
