#include "models/default_configs.h"

#include <fmt/ranges.h>
#include <gmock/gmock.h>

#include "base/error.h"
#include "models/registry.h"

namespace automodel::models {
namespace {

TEST(DefaultConfigs, EverySupportedTypeHasOneAndNoOther) {
  std::vector<std::string> supported, described;
  for (const auto& family : families()) {
    supported.push_back(family.model_type);
  }
  for (const auto& [type, config] : default_configs()) {
    described.push_back(type);
  }
  EXPECT_THAT(supported, ::testing::UnorderedElementsAreArray(described));
}

TEST(DefaultConfigs, ArchitectureIsTheFamilys) {
  for (const auto& [type, config] : default_configs()) {
    EXPECT_EQ(read_spec(config, type).architecture, config["architectures"][0]) << type;
  }
}

/// Files of the hub leave out what is at its default: a key that is not there must mean what
/// Transformers' class says, or be asked for.
TEST(DefaultConfigs, AnAbsentKeyMeansItsDefault) {
  std::vector<std::string> wrong;
  for (const auto& [type, config] : default_configs()) {
    const auto whole = read_spec(config, type);
    for (const auto& [key, value] : config.items()) {
      Json without = config;
      without.erase(key);
      try {
        if (read_spec(without, type) != whole) {
          wrong.push_back(fmt::format("{} without {} = {}", type, key, value.dump()));
        }
      } catch (const Error&) {
        continue;  // asked for
      }
    }
  }
  EXPECT_TRUE(wrong.empty()) << fmt::format("{}", fmt::join(wrong, "\n"));
}

}  // namespace
}  // namespace automodel::models
