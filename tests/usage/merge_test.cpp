#include "usage/merge.h"

#include <gtest/gtest.h>

#include "base/command_line.h"
#include "base/error.h"
#include "base/known.h"

namespace automodel::usage {
namespace {

TEST(Merge, NamesAdapterAndFolder) {
  const std::vector<std::string> words = {"adapter", "out", "--base", "model"};
  const auto line = known(read_line<Merge>(words));
  EXPECT_EQ(line.adapter, "adapter");
  EXPECT_EQ(line.out, "out");
  EXPECT_EQ(line.base, "model");
  EXPECT_THROW(read_line<Merge>(std::vector<std::string>{"adapter"}), Error);
}

}  // namespace
}  // namespace automodel::usage
