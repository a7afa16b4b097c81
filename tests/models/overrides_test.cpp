#include "models/overrides.h"

#include <gmock/gmock.h>

#include "base/error.h"
#include "models/default_configs.h"
#include "models/registry.h"

namespace automodel::models {
namespace {

TEST(WithOverrides, AreNestedAndANullIsNotTheDefault) {
  const Json mistral = default_configs().at("mistral");
  const auto window = [](const Json& config) {
    return std::get<spec::Gqa>(read_spec(config, "a").layers[0].mixer).window;
  };
  EXPECT_EQ(window(mistral), 4096);
  EXPECT_EQ(window(with_overrides(mistral, {{"sliding_window", nullptr}})), std::nullopt);
  const Json config = {{"a", {{"b", 1}, {"c", 2}}}, {"d", 3}};
  EXPECT_EQ(with_overrides(config, {{"a", {{"b", 4}}}}),
            (Json{{"a", {{"b", 4}, {"c", 2}}}, {"d", 3}}));
}

TEST(WithOverrides, ARopeOfAnotherTypeHasNothingOfTheOld) {
  const Json config = {{"rope_parameters", {{"rope_type", "linear"}, {"factor", 4}}}};
  const Json llama3 = {{"rope_type", "llama3"}, {"low_freq_factor", 1}};
  EXPECT_EQ(with_overrides(config, {{"rope_parameters", llama3}}).at("rope_parameters"), llama3);
}

TEST(WithOverrides, FewerLayersHaveShorterLists) {
  const Json config = {{"num_hidden_layers", 3},
                       {"layer_types", {"a", "b", "c"}},
                       {"mlp_layer_types", {"d"}},
                       {"eos_token_id", {1, 2, 3}}};
  const auto lists = [&](const Json& overrides) {
    const auto made = with_overrides(config, overrides);
    return Json{made.at("layer_types"), made.at("mlp_layer_types"), made.at("eos_token_id")};
  };
  EXPECT_EQ(lists({{"num_hidden_layers", 2}}), (Json{{"a", "b"}, {"d"}, {1, 2, 3}}));
  EXPECT_EQ(lists({{"num_hidden_layers", 1}, {"layer_types", {"c"}}}),
            (Json{{"c"}, {"d"}, {1, 2, 3}}));
  EXPECT_EQ(lists({{"num_hidden_layers", 4}}), (Json{{"a", "b", "c"}, {"d"}, {1, 2, 3}}));
}

double theta(const Json& config) {
  return std::get<spec::Gqa>(read_spec(config, "a").layers[0].mixer).rope->theta;
}

TEST(WithOverrides, OlderKeysOfRopeCountBesideRopeParameters) {
  const Json llama = default_configs().at("llama");
  EXPECT_EQ(theta(llama), 10000);
  EXPECT_EQ(theta(with_overrides(llama, {{"rope_theta", 5}})), 5);
  const Json linear = {{"rope_type", "linear"}, {"factor", 4}};
  const auto scaled = with_overrides(llama, {{"rope_scaling", linear}, {"rope_theta", 6}});
  EXPECT_EQ(scaled.at("rope_parameters"),
            (Json{{"rope_type", "linear"}, {"factor", 4}, {"rope_theta", 6}}));
  EXPECT_FALSE(scaled.contains("rope_scaling"));
  EXPECT_EQ(theta(with_overrides(scaled, {{"rope_theta", 7}})), 7);
  Json old = llama;
  old.erase("rope_parameters");
  EXPECT_EQ(theta(with_overrides(old, {{"rope_theta", 8}})), 8);
}

TEST(WithOverrides, ARopeOfKindsOfLayersIsNamed) {
  try {
    with_overrides(default_configs().at("olmo3"), {{"rope_theta", 5}});
    FAIL() << "it is open which one is meant";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::invalid_argument);
    EXPECT_THAT(error.what(), ::testing::HasSubstr("override e.g. model.rope_parameters."));
  }
}

/// As in Transformers, a turned part of a head and, in one kind of layer, yarn's truncate are not
/// read everywhere.
TEST(Rope, KeysThatTransformersDoesNotReadAreRefused) {
  const auto error = [](const std::string& type, const Json& overrides) -> std::string {
    try {
      read_spec(with_overrides(default_configs().at(type), overrides), "a");
    } catch (const Error& found) {
      return found.what();
    }
    return "";
  };
  const Json part = {{"partial_rotary_factor", 0.5}};
  for (const char* type : {"llama", "qwen2", "qwen3_moe", "mistral", "mixtral", "gemma", "olmo2",
                           "jais2", "solar_open"}) {
    EXPECT_THAT(error(type, part), ::testing::HasSubstr("Transformers turns whole heads")) << type;
  }
  for (const char* type : {"glm", "phi", "phi3", "stablelm", "nemotron"}) {
    EXPECT_EQ(error(type, part), "") << type;
  }
  const Json yarn = {{"rope_type", "yarn"},
                     {"factor", 4},
                     {"rope_theta", 10000},
                     {"original_max_position_embeddings", 32},
                     {"truncate", false}};
  EXPECT_EQ(error("llama", {{"rope_parameters", yarn}}), "");
  EXPECT_THAT(error("olmo3", {{"rope_parameters", {{"full_attention", yarn}}}}),
              ::testing::HasSubstr("truncate"));
  Json cohere = default_configs().at("cohere2_moe");
  cohere["rope_scaling"] = yarn;
  EXPECT_THROW(read_spec(cohere, "a"), Error);
}

}  // namespace
}  // namespace automodel::models
