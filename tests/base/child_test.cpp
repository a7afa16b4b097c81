#include "base/child.h"

#include <gtest/gtest.h>

#include <vector>

namespace automodel {
namespace {

std::optional<std::string> said(const std::vector<std::string>& words) { return output_of(words); }

TEST(OutputOf, IsWhatTheProgramPrints) {
  EXPECT_EQ(said({"printf", "%s|%s", "it's", "a b$HOME"}), "it's|a b$HOME");
}

TEST(OutputOf, NothingIfItFails) {
  EXPECT_EQ(said({"false"}), std::nullopt);
  EXPECT_EQ(said({"no-such-program-here"}), std::nullopt);
}

}  // namespace
}  // namespace automodel
