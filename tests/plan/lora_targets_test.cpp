#include "plan/lora_targets.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/plan/small_model.h"

namespace automodel::plan {
namespace {

using testing::ElementsAre;
using testing::SizeIs;

// Errors and patterns in full: tests/train/lora_test.cpp.
TEST(LoraTargets, AreFoundInASpecAlone) {
  const auto parameters = spec::parameters(small_model());
  EXPECT_THAT(lora_targets(parameters, {.target_modules = {"q_proj"}}),
              ElementsAre("model.layers.0.self_attn.q_proj", "model.layers.1.self_attn.q_proj"));
  EXPECT_THAT(lora_targets(parameters, {}), SizeIs(14));
}

TEST(LoraTargets, ExcludesThatExcludeNothing) {
  EXPECT_THAT(
      idle_excludes(spec::parameters(small_model()), {.exclude_modules = {"q_proj", "vision*"}}),
      ElementsAre("vision*"));
}

}  // namespace
}  // namespace automodel::plan
