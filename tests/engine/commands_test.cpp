#include "engine/commands.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace automodel::engine {
namespace {

TEST(EngineCommands, NameTheLibTorchVersion) {
  EXPECT_THAT(program().version, ::testing::HasSubstr("LibTorch 2."));
}

}  // namespace
}  // namespace automodel::engine
