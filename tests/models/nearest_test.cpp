#include "models/nearest.h"

#include <gmock/gmock.h>

#include "models/default_configs.h"
#include "tests/models/error_of.h"

namespace automodel::models {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Json config_of(const std::string& type) {
  Json config = default_configs().at(type);
  config["model_type"] = "new-" + type;
  return config;
}

TEST(NearestTypes, AreThoseThatKnowMostKeys) {
  for (const auto* type : {"llama", "gpt2", "qwen3_moe", "deepseek_v3", "gemma4_text", "opt"}) {
    auto config = config_of(type);
    EXPECT_EQ(nearest_types(config, 1).front(), (NearType{type, {}})) << type;
    config["twist"] = 2;
    EXPECT_THAT(nearest_types(config, 1).front().foreign, ElementsAre("twist")) << type;
  }
}

TEST(NearestTypes, KnowBothDialects) {
  auto config = config_of("llama");
  config.erase("rope_parameters");
  config["rope_theta"] = 1e4;
  config["rope_scaling"] = {{"rope_type", "linear"}, {"factor", 2}};
  EXPECT_TRUE(nearest_types(config, 1).front().foreign.empty());
}

TEST(NearestTypes, ASimilarNameComesFirst) {
  auto config = config_of("llama");
  config["model_type"] = "gpt_oss2";
  config["mlp_bias"] = true;
  const auto all = nearest_types(config, 100);
  EXPECT_EQ(all[0].model_type, "gpt_oss");
  EXPECT_THAT(all[0].foreign, ElementsAre("mlp_bias"));
  EXPECT_TRUE(all[1].foreign.empty());
  EXPECT_GT(all.size(), 80);
}

TEST(NearestTypes, TheErrorListsTheForeignKeys) {
  auto config = config_of("mistral");
  config["attention_twist"] = {1, 2};
  config["unused"] = nullptr;
  const auto error = error_of(config);
  EXPECT_THAT(error, HasSubstr("model_type 'new-mistral' is not supported"));
  EXPECT_THAT(error, HasSubstr("near: mistral (foreign keys: attention_twist = [1,2])"));
  EXPECT_THAT(error, HasSubstr("'automodel models' lists all supported types"));
  EXPECT_THAT(error, ::testing::Not(HasSubstr("unused")));
}

TEST(NearestTypes, ManyForeignKeysAreCutOff) {
  auto config = config_of("llama");
  for (int i = 0; i < 20; ++i) {
    config["twist_" + std::to_string(10 + i)] = 1;
  }
  EXPECT_THAT(nearest_types_text(config), HasSubstr("twist_21 = 1, ...)"));
  EXPECT_EQ(nearest_types_text({{"model_type", "newlm"}}), "");
}

}  // namespace
}  // namespace automodel::models
