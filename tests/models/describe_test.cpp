#include "models/describe.h"

#include <gmock/gmock.h>

#include "models/default_configs.h"
#include "models/registry.h"

namespace automodel::models {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Json llama() { return default_configs().at("llama"); }

TEST(Describe, SaysWhatBecameOfEachKey) {
  Json config = llama();
  config.erase("rms_norm_eps");
  config["use_cache"] = true;
  config["rope_parameters"] = {{"rope_type", "linear"}, {"factor", 2.0}};
  const auto text = describe(config, "t");
  const auto used = text.find("keys of the configuration that count");
  const auto fallback = text.find("absent, so by default");
  const auto ignored = text.find("without effect on the mathematics");
  EXPECT_LT(used, text.find("  hidden_size = 4096\n"));
  EXPECT_LT(used, text.find("  rope_parameters.factor = 2.0\n"));
  EXPECT_LT(text.find("  rope_parameters.factor = 2.0\n"), fallback);
  EXPECT_LT(fallback, text.find("  rms_norm_eps = 1e-06\n"));
  EXPECT_LT(fallback, text.find("  rope_parameters.rope_theta = 10000.0\n"));
  EXPECT_LT(ignored, text.find("  use_cache = true\n"));
  EXPECT_THAT(text, HasSubstr("6.738 B (6738415616)"));
  EXPECT_THAT(text, HasSubstr("linear x2"));
}

TEST(Describe, AThetaBesideItsObjectIsNotAbsent) {
  Json config = llama();
  config["rope_theta"] = 123456.0;
  for (const Json& object : {Json(nullptr), Json{{"rope_type", "linear"}, {"factor", 2.0}}}) {
    config["rope_parameters"] = object;
    const auto text = describe(config, "t");
    EXPECT_LT(text.find("  rope_theta = 123456.0\n"), text.find("absent, so by default"));
    EXPECT_THAT(text, Not(HasSubstr(".rope_theta = ")));
  }
}

TEST(Describe, NamesAreTheConfigsOwn) {
  Json config = default_configs().at("gpt2");
  const auto text = describe(config, "t");
  EXPECT_THAT(text, HasSubstr("  n_embd = 768\n"));
  EXPECT_THAT(text, Not(HasSubstr("  hidden_size = ")));
}

TEST(DescribeFamilies, ListsEveryType) {
  const auto text = describe_families();
  const auto json = families_json();
  EXPECT_EQ(json.size(), families().size());
  for (const auto& family : json) {
    EXPECT_THAT(text, HasSubstr(family["model_type"].get<std::string>() + " "));
    EXPECT_FALSE(family["kinds"].empty());
    EXPECT_GE(family["parameters"], family["active"]);
  }
}

}  // namespace
}  // namespace automodel::models
