#include "usage/bench.h"

#include <gtest/gtest.h>

#include "base/command_line.h"
#include "base/error.h"
#include "base/known.h"

namespace automodel::usage {
namespace {

Bench read(const std::string& option, const std::string& value) {
  const std::vector<std::string> words = {"recipe.yaml", option, value};
  return known(read_line<Bench>(words));
}

TEST(Bench, CountsOutOfRangeAreRefused) {
  EXPECT_THROW(read("--warmup", "-1"), Error);
  EXPECT_THROW(read("--steps", "0"), Error);
  EXPECT_THROW(read("--threads", "-1"), Error);
}

TEST(Bench, CountsInRange) {
  EXPECT_EQ(read("--warmup", "0").warmup_steps, 0);
  EXPECT_EQ(read("--steps", "1").num_steps, 1);
  EXPECT_EQ(read("--threads", "0").num_threads, 0);
}

}  // namespace
}  // namespace automodel::usage
