#include "usage/generate.h"

#include <gtest/gtest.h>

#include <map>

#include "base/command_line.h"
#include "base/error.h"
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
  EXPECT_EQ(line.top_p, std::nullopt);
  EXPECT_EQ(line.seed, 9U);
}

TEST(Generate, OptionsThatAskForDraws) {
  EXPECT_FALSE(read({"model", "red", "--temperature", "0.5"}).asks_for_draws());
  for (const char* option : {"--top-k", "--top-p", "--seed"}) {
    EXPECT_TRUE(read({"model", "red", option, "1"}).asks_for_draws()) << option;
  }
}

TEST(Generate, ValuesOutOfRangeAreRefused) {
  const std::map<std::string, std::string> values = {
      {"--max-new-tokens", "-1"}, {"--temperature", "-0.1"},     {"--top-k", "-1"},
      {"--top-p", "0"},           {"--repetition-penalty", "0"}, {"--seed", "-1"},
  };
  for (const auto& [option, value] : values) {
    EXPECT_THROW(read({"model", "red", option, value}), Error) << option;
  }
  EXPECT_THROW(read({"model", "red", "--max-new-tokens", "0"}), Error);
}

}  // namespace
}  // namespace automodel::usage
