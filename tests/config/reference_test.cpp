#include "config/reference.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/schema/sections.h"

namespace automodel::config {
namespace {

TEST(Reference, HasEverySection) {
  const std::string page = reference();
  for (const Key& section : recipe_key().keys) {
    EXPECT_THAT(page, testing::HasSubstr(section.dead.empty() ? "\n## " + section.name + "\n"
                                                              : "| `" + section.name))
        << section.name;
  }
}

}  // namespace
}  // namespace automodel::config
