#include "base/meter.h"

#include <gtest/gtest.h>

#include <thread>

namespace automodel {
namespace {

void spend(int milliseconds) {
  std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds));
}

const OperationUse& find(const std::vector<OperationUse>& uses, const std::string& name) {
  for (const auto& use : uses) {
    if (use.name == name) {
      return use;
    }
  }
  ADD_FAILURE() << "no operation " << name;
  return uses.at(0);
}

TEST(Meter, CountsCallsTimeAndArithmetic) {
  start_meter();
  for (int i = 0; i < 3; ++i) {
    const OperationTimer timer("product", 100);
    spend(2);
  }
  {
    const OperationTimer timer("norm");
  }
  const auto uses = stop_meter();
  ASSERT_EQ(uses.size(), 2U);
  EXPECT_EQ(uses[0].name, "product");  // the most time first
  EXPECT_EQ(uses[0].calls, 3);
  EXPECT_EQ(uses[0].flops, 300);
  EXPECT_GE(uses[0].seconds, 0.006);
  EXPECT_EQ(uses[1].flops, 0);
}

TEST(Meter, TimeInsideCountsForTheInnerOperationAlone) {
  start_meter();
  {
    const OperationTimer outer("experts");
    const OperationTimer inner("product");
    spend(30);
  }
  const auto uses = stop_meter();
  EXPECT_GE(find(uses, "product").seconds, 0.03);
  EXPECT_LT(find(uses, "experts").seconds, 0.03);
}

TEST(Meter, GroupsStandBeforeTheName) {
  start_meter();
  {
    const OperationGroup group("head");
    const OperationTimer timer("product");
  }
  {
    const OperationTimer timer("product");
  }
  const auto uses = stop_meter();
  EXPECT_EQ(find(uses, "head: product").calls, 1);
  EXPECT_EQ(find(uses, "product").calls, 1);
}

TEST(Meter, CountsNothingWhileItDoesNotRun) {
  {
    const OperationTimer timer("product");
  }
  EXPECT_TRUE(stop_meter().empty());
  start_meter();
  {
    const OperationTimer timer("product");
    EXPECT_TRUE(stop_meter().empty());  // not over yet
  }
  EXPECT_TRUE(stop_meter().empty());
}

}  // namespace
}  // namespace automodel
