#include "cli/engine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "usage/train.h"

namespace automodel::cli {
namespace {

TEST(Engine, CommandKeepsNameAndSummary) {
  const Command command = engine_command<usage::Train>([](const usage::Train&) {});
  EXPECT_EQ(command.name, "train");
  EXPECT_EQ(command.summary, "Train by a recipe");
  EXPECT_TRUE(command.takes_overrides);
}

TEST(Engine, HelpNeedsNoEngine) {
  const Command command = engine_command<usage::Train>([](const usage::Train&) { FAIL(); });
  ::testing::internal::CaptureStdout();
  EXPECT_EQ(command.run(std::vector<std::string>{"--help"}), ExitCode::ok);
  EXPECT_THAT(::testing::internal::GetCapturedStdout(), ::testing::HasSubstr("--smoke"));
}

}  // namespace
}  // namespace automodel::cli
