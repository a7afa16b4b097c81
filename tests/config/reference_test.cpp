#include "config/reference.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/schema/sections.h"

namespace automodel::config {
namespace {

TEST(Reference, HasEverySection) {
  const std::string page = reference();
  for (const Key& section : recipe_key().keys) {
    EXPECT_THAT(page, ::testing::HasSubstr(section.dead.empty() ? "\n## " + section.name + "\n"
                                                                : "| `" + section.name))
        << section.name;
  }
}

TEST(RecipePaths, AreThoseOfAllSectionsAndTargets) {
  const auto paths = recipe_paths();
  for (const char* path :
       {"seed", "optimizer.lr", "optimizer._target_", "dataset.split",
        "dataset.tokenizer.pretrained_model_name_or_path", "step_scheduler.max_steps"}) {
    EXPECT_TRUE(std::ranges::binary_search(paths, path)) << path;
  }
  EXPECT_TRUE(std::ranges::is_sorted(paths));
}

}  // namespace
}  // namespace automodel::config
