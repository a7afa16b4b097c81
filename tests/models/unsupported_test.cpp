#include "models/unsupported.h"

#include <gtest/gtest.h>

#include "models/registry.h"

namespace automodel::models {
namespace {

TEST(MissingMathematics, KnowsWhyATypeIsNotSupported) {
  EXPECT_EQ(missing_mathematics("xlm"), "bidirectional attention");
  EXPECT_EQ(missing_mathematics("whisper"), "an encoder and cross-attention");
  EXPECT_EQ(missing_mathematics("llama"), std::nullopt);
}

TEST(MissingMathematics, NamesNoSupportedType) {
  for (const auto& family : families()) {
    EXPECT_EQ(missing_mathematics(family.model_type), std::nullopt) << family.model_type;
  }
}

}  // namespace
}  // namespace automodel::models
