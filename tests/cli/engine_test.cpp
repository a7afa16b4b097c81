#include "cli/engine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace automodel::cli {
namespace {

TEST(Engine, CommandKeepsNameAndSummary) {
  const Command command = engine_command("train", "Train by a recipe", [](Arguments) {});
  EXPECT_EQ(command.name, "train");
  EXPECT_EQ(command.summary, "Train by a recipe");
}

}  // namespace
}  // namespace automodel::cli
