#include "usage/generate.h"

#include <gtest/gtest.h>

#include "base/command_line.h"
#include "base/known.h"

namespace automodel::usage {
namespace {

Generate read(const std::vector<std::string>& words) { return known(read_line<Generate>(words)); }

TEST(Generate, WithoutAPromptStandardInputIsRead) {
  EXPECT_EQ(read({"model"}).prompt, std::nullopt);
  EXPECT_EQ(read({"model", ""}).prompt, "");
  EXPECT_EQ(read({"--raw", "model", "red"}).prompt, "red");
}

TEST(Generate, Sampling) {
  const auto line = read({"model", "red", "--temperature", "0.5", "--top-k=3", "--seed", "9"});
  EXPECT_EQ(line.temperature, 0.5);
  EXPECT_EQ(line.top_k, 3);
  EXPECT_EQ(line.seed, 9U);
}

}  // namespace
}  // namespace automodel::usage
