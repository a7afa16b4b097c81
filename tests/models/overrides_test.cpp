#include "models/overrides.h"

#include <gmock/gmock.h>

#include "base/error.h"
#include "base/known.h"
#include "models/default_configs.h"
#include "models/registry.h"
#include "tests/models/error_of.h"

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
                       {"attn_type_list", {1, 2, 3}},
                       {"eos_token_id", {1, 2, 3}}};
  const auto lists = [&](const Json& overrides) {
    const auto made = with_overrides(config, overrides);
    return Json{made.at("layer_types"), made.at("mlp_layer_types"), made.at("eos_token_id")};
  };
  EXPECT_EQ(lists({{"num_hidden_layers", 2}}), (Json{{"a", "b"}, {"d"}, {1, 2, 3}}));
  EXPECT_EQ(lists({{"num_hidden_layers", 1}, {"layer_types", {"c"}}}),
            (Json{{"c"}, {"d"}, {1, 2, 3}}));
  EXPECT_EQ(lists({{"num_hidden_layers", 4}}), (Json{{"a", "b", "c"}, {"d"}, {1, 2, 3}}));
  EXPECT_EQ(with_overrides(config, {{"num_hidden_layers", 2}}).at("attn_type_list"), (Json{1, 2}));
}

spec::Rope rope_of(const Json& config, std::size_t layer = 0) {
  return known(std::get<spec::Gqa>(read_spec(config, "a").layers.at(layer).mixer).rope);
}

double theta(const Json& config) { return rope_of(config).theta; }

/// The type's defaults in the dialect of Transformers before version 5.
Json in_old_dialect(const std::string& type) {
  Json config = default_configs().at(type);
  config.erase("rope_parameters");
  return config;
}

TEST(WithOverrides, AnotherTypeOfRopeKeepsTheta) {
  const Json yarn = {
      {"rope_type", "yarn"}, {"factor", 4}, {"original_max_position_embeddings", 32768}};
  Json llama = default_configs().at("llama");
  llama["rope_parameters"] = {{"rope_theta", 1e6}, {"rope_type", "default"}};
  Json old = in_old_dialect("llama");
  old["rope_theta"] = 1e6;
  for (const auto& config : {llama, old}) {
    const auto scaled = rope_of(with_overrides(config, {{"rope_parameters", yarn}}));
    EXPECT_EQ(scaled.theta, 1e6);
    EXPECT_TRUE(std::holds_alternative<spec::YarnScaling>(scaled.scaling));
  }
  Json other = yarn;
  other["rope_theta"] = 7;
  EXPECT_EQ(theta(with_overrides(llama, {{"rope_parameters", other}})), 7);
  Json olmo3 = default_configs().at("olmo3");
  olmo3["rope_parameters"]["full_attention"]["rope_theta"] = 1e6;
  const auto made = with_overrides(olmo3, {{"rope_parameters", {{"full_attention", yarn}}}});
  EXPECT_EQ(rope_of(made, 3).theta, 1e6);
  EXPECT_EQ(rope_of(made, 0), rope_of(olmo3, 0));
}

TEST(WithOverrides, AnotherTypeOfRopeTurnsTheSamePart) {
  const Json linear = {{"rope_type", "linear"}, {"factor", 2}};
  for (const char* type : {"phi", "gpt_neox"}) {
    Json config = default_configs().at(type);
    config["rope_parameters"]["partial_rotary_factor"] = 0.75;
    const auto plain = rope_of(config);
    EXPECT_NE(plain, rope_of(default_configs().at(type))) << type;
    for (const char* key : {"rope_scaling", "rope_parameters"}) {
      auto scaled = rope_of(with_overrides(config, {{key, linear}}));
      EXPECT_TRUE(std::holds_alternative<spec::LinearScaling>(scaled.scaling)) << type;
      scaled.scaling = plain.scaling;
      EXPECT_EQ(scaled, plain) << type << key;
    }
  }
}

TEST(WithOverrides, ARopeScalingOfNullIsNone) {
  Json plain = default_configs().at("llama");
  plain["rope_parameters"] = {{"rope_theta", 5e5}, {"rope_type", "default"}};
  Json llama = plain;
  llama["rope_parameters"] = {{"rope_theta", 5e5},     {"rope_type", "llama3"},
                              {"factor", 8},           {"low_freq_factor", 1},
                              {"high_freq_factor", 4}, {"original_max_position_embeddings", 8192}};
  const Json off = {{"rope_scaling", nullptr}};
  EXPECT_NE(rope_of(llama), rope_of(plain));
  EXPECT_EQ(rope_of(with_overrides(llama, off)), rope_of(plain));
  EXPECT_EQ(rope_of(with_overrides(plain, off)), rope_of(plain));
  Json with_theta = off;
  with_theta["rope_parameters"] = {{"rope_theta", 7}};
  EXPECT_EQ(theta(with_overrides(llama, with_theta)), 7);
  Json with_type = off;
  with_type["rope_parameters"] = {{"rope_type", "linear"}, {"factor", 3}};
  EXPECT_EQ(rope_of(with_overrides(llama, with_type)).scaling,
            spec::RopeScaling(spec::LinearScaling{3}));
  Json phi = default_configs().at("phi");
  phi["rope_parameters"].update(
      {{"rope_type", "linear"}, {"factor", 2}, {"partial_rotary_factor", 0.75}});
  Json unscaled = default_configs().at("phi");
  unscaled["rope_parameters"]["partial_rotary_factor"] = 0.75;
  EXPECT_EQ(rope_of(with_overrides(phi, off)), rope_of(unscaled));
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
  const auto error = [](const Json& config, const Json& overrides) -> std::string {
    try {
      with_overrides(config, overrides);
    } catch (const Error& found) {
      EXPECT_EQ(found.kind(), ErrorKind::invalid_argument);
      return found.what();
    }
    return "";
  };
  const Json linear = {{"rope_type", "linear"}, {"factor", 8}};
  Json scaled = default_configs().at("olmo3");
  scaled["rope_parameters"]["full_attention"].update(linear);
  const auto says = ::testing::HasSubstr(
      "this model has a RoPE for each kind of layer; override model.rope_parameters."
      "sliding_attention or model.rope_parameters.full_attention instead");
  EXPECT_THAT(error(scaled, {{"rope_theta", 5}}), says);
  EXPECT_THAT(error(scaled, {{"rope_scaling", nullptr}}), says);
  for (const char* type : {"gemma3_text", "olmo3", "modernbert-decoder"}) {
    for (const auto& config : {default_configs().at(type), in_old_dialect(type)}) {
      EXPECT_THAT(error(config, {{"rope_parameters", linear}}), says) << type;
      EXPECT_THAT(error(config, {{"rope_parameters", {{"rope_theta", 5}}}}), says) << type;
      EXPECT_EQ(error(config, {{"rope_parameters", {{"full_attention", linear}}}}), "") << type;
      EXPECT_EQ(error(config, {{"rope_scaling", nullptr}}), "") << type;
    }
  }
}

/// Names of other types are no misspellings: recipes are written for several models.
TEST(WithOverrides, ANullOfAKeyThatTheConfigHasNotIsAnError) {
  const Json config = {{"model_type", "llama"}, {"dense_list", {4096, 0}}};
  EXPECT_TRUE(with_overrides(config, {{"dense_list", nullptr}}).at("dense_list").is_null());
  EXPECT_NO_THROW(with_overrides(config, {{"sliding_window", nullptr}, {"num_labels", nullptr}}));
  EXPECT_THAT([&] { with_overrides(config, {{"dense_lst", nullptr}}); },
              ::testing::ThrowsMessage<Error>(
                  ::testing::HasSubstr("model.dense_lst: null takes a key out of the model's "
                                       "config.json, but that has no such key; did you mean "
                                       "'dense_list'?")));
}

TEST(WithOverrides, CommonNamesAreTheFamilysOwn) {
  Json gpt2 = default_configs().at("gpt2");
  const auto made = with_overrides(gpt2, {{"num_hidden_layers", 2}, {"n_embd", 96}});
  EXPECT_EQ(made.at("n_layer"), 2);
  EXPECT_FALSE(made.contains("num_hidden_layers"));
  EXPECT_EQ(read_spec(made, "a").layers.size(), 2);
  gpt2.erase("n_inner");
  EXPECT_EQ(with_overrides(gpt2, {{"intermediate_size", 96}}).at("n_inner"), 96);
  gpt2.erase("n_layer");
  gpt2["num_hidden_layers"] = 12;
  EXPECT_EQ(with_overrides(gpt2, {{"n_layer", 2}}).at("num_hidden_layers"), 2);
  const auto both = with_overrides(gpt2, {{"n_layer", 2}, {"num_hidden_layers", 3}});
  EXPECT_THROW(read_spec(both, "a"), Error);
  gpt2["n_layer"] = 12;
  EXPECT_EQ(read_spec(with_overrides(gpt2, {{"n_layer", 2}}), "a").layers.size(), 2);
}

TEST(WithOverrides, FewerLayersByTheFamilysOwnName) {
  const auto neo = default_configs().at("gpt_neo");
  const auto made = with_overrides(neo, {{"num_hidden_layers", 3}});
  EXPECT_EQ(made.at("num_layers"), 3);
  EXPECT_EQ(made.at("attention_layers"), (Json{"global", "local", "global"}));
  EXPECT_EQ(read_spec(made, "a").layers.size(), 3);
}

/// What Transformers' classes make of a file that says one RoPE for all kinds of layers.
TEST(Rope, AFlatObjectInAFileSaysNothingOfKinds) {
  for (const char* type : {"gemma3_text", "olmo3"}) {
    Json config = in_old_dialect(type);
    config["rope_theta"] = 77;
    const auto plain = read_spec(config, "a");
    config["rope_parameters"] = {{"rope_type", "linear"}, {"factor", 8}, {"rope_theta", 5}};
    EXPECT_EQ(read_spec(config, "a"), plain) << type;
  }
  Json config = in_old_dialect("modernbert-decoder");
  config["rope_parameters"] = {{"rope_type", "linear"}, {"factor", 8}};
  EXPECT_THAT(error_of(config),
              ::testing::HasSubstr("supported: an object for each of full_attention"));
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
