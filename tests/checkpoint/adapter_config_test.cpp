#include "checkpoint/adapter_config.h"

#include <gtest/gtest.h>

#include "tests/tensor/expect_error.h"

namespace automodel::checkpoint {
namespace {

using automodel::testing::expect_error;

Json plain() {
  return render_adapter_config({.rank = 8,
                                .alpha = 16,
                                .dropout = 0.05,
                                .rslora = false,
                                .base_model = "org/name",
                                .target_modules = {"q_proj"}});
}

void expect_refused(const std::string& key, const Json& value, const std::string& text) {
  Json json = plain();
  json[key] = value;
  expect_error(ErrorKind::unsupported, text, [&] { parse_adapter_config(json, "a.json"); });
}

TEST(AdapterConfig, SurvivesARoundTrip) {
  const auto config = parse_adapter_config(plain(), "a.json");
  EXPECT_EQ(config.rank, 8);
  EXPECT_EQ(config.alpha, 16);
  EXPECT_EQ(config.dropout, 0.05);
  EXPECT_EQ(config.base_model, "org/name");
  EXPECT_EQ(config.scale(), 2);
}

TEST(AdapterConfig, WritesWholeAlphaAsInteger) {
  EXPECT_EQ(plain()["lora_alpha"].dump(), "16");
  EXPECT_EQ(render_adapter_config({.rank = 1, .alpha = 0.5})["lora_alpha"].dump(), "0.5");
}

TEST(AdapterConfig, ScalesByTheRootForRankStabilised) {
  Json json = plain();
  json["use_rslora"] = true;
  json["r"] = 4;
  EXPECT_EQ(parse_adapter_config(json, "a.json").scale(), 8);
}

TEST(AdapterConfig, AcceptsWhatDoesNotMatter) {
  Json json = plain();
  json["layers_to_transform"] = {0, 1};
  json["init_lora_weights"] = "gaussian";
  json["megatron_core"] = "megatron.core";
  json["rank_pattern"] = Json::object();
  EXPECT_EQ(parse_adapter_config(json, "a.json").rank, 8);
}

TEST(AdapterConfig, RefusesWhatWouldChangeTheMathematics) {
  expect_refused("use_dora", true, "use_dora = true");
  expect_refused("modules_to_save", {"lm_head"}, "Merge it with PEFT");
  expect_refused("modules_to_save", {"score", "embed_tokens"}, "Merge it with PEFT");
  expect_refused("some_new_option", 3, "some_new_option = 3");
  expect_refused("bias", "all", "'bias' is \"all\"");
  expect_refused("init_lora_weights", "pissa", "change the base model's weights");
  expect_refused("peft_type", "IA3", "only LORA adapters");
}

TEST(AdapterConfig, HeadsOfClassifiersAreSavedWhole) {
  Json json = plain();
  EXPECT_FALSE(parse_adapter_config(json, "a.json").saves_head);
  EXPECT_EQ(json["task_type"], "CAUSAL_LM");
  json["modules_to_save"] = Json::array();  // as axolotl writes none
  EXPECT_FALSE(parse_adapter_config(json, "a.json").saves_head);
  json["modules_to_save"] = {"score"};
  EXPECT_TRUE(parse_adapter_config(json, "a.json").saves_head);
  EXPECT_TRUE(parse_adapter_config(
                  render_adapter_config({.rank = 1, .alpha = 1, .saves_head = true}), "a.json")
                  .saves_head);
}

TEST(AdapterConfig, PatternsGiveLayersTheirOwnRankAndAlpha) {
  Json json = plain();
  json["rank_pattern"] = {{"mlp.*proj", 2}, {"q_proj", 4}};
  json["alpha_pattern"] = {{"layers\\.1\\.attn\\.q_proj", 20}};
  const auto config = parse_adapter_config(json, "a.json");
  EXPECT_EQ(config.rank_of("layers.0.attn.q_proj"), 4);
  EXPECT_EQ(config.rank_of("layers.0.mlp.q_proj"), 2);
  EXPECT_EQ(config.rank_of("layers.0.attn.xq_proj"), 8);
  EXPECT_EQ(config.scale_of("layers.0.attn.q_proj"), 4);
  EXPECT_EQ(config.scale_of("layers.1.attn.q_proj"), 5);
  EXPECT_EQ(config.scale_of("layers.1.attn.k_proj"), 2);
}

TEST(AdapterConfig, ExpertsAreWrittenAsParameters) {
  EXPECT_TRUE(plain()["target_parameters"].is_null());
  const auto json = render_adapter_config({.rank = 1, .target_parameters = {"experts.down_proj"}});
  EXPECT_EQ(parse_adapter_config(json, "a.json").target_parameters,
            std::vector<std::string>{"experts.down_proj"});
}

TEST(AdapterConfig, ModulesAreNamedByAListOrARegularExpression) {
  const auto targets = [](const Json& modules, const std::string& module) {
    Json json = plain();
    json["target_modules"] = modules;
    return parse_adapter_config(json, "a.json").targets(module, module + ".weight");
  };
  EXPECT_TRUE(targets({"q_proj"}, "q_proj"));
  EXPECT_TRUE(targets({"q_proj"}, "layers.0.q_proj"));
  EXPECT_FALSE(targets({"q_proj"}, "layers.0.xq_proj"));
  EXPECT_TRUE(targets(".*\\.0\\.[qk]_proj", "layers.0.q_proj"));
  EXPECT_FALSE(targets(".*\\.0\\.[qk]_proj", "layers.1.q_proj"));
  EXPECT_FALSE(targets("q_proj", "layers.0.q_proj"));
  for (const Json& unsaid : {Json(), Json::array(), Json("all-linear"), Json("(q")}) {
    EXPECT_TRUE(targets(unsaid, "layers.0.q_proj"));
  }
}

TEST(AdapterConfig, NamesWrongValues) {
  const auto broken = [](const std::string& key, const Json& value) {
    Json json = plain();
    json[key] = value;
    parse_adapter_config(json, "a.json");
  };
  expect_error(ErrorKind::corrupt_data, "a.json: the rank 'r' is 0", [&] { broken("r", 0); });
  expect_error(ErrorKind::corrupt_data, "'r' is \"8\", expected an integer",
               [&] { broken("r", "8"); });
  expect_error(ErrorKind::corrupt_data, "target_parameters is \"x\", expected a list of names",
               [&] { broken("target_parameters", "x"); });
  expect_error(ErrorKind::corrupt_data, "target_modules is 3, expected a list of names",
               [&] { broken("target_modules", 3); });
  expect_error(ErrorKind::corrupt_data, "rank_pattern is 3, expected patterns with numbers",
               [&] { broken("rank_pattern", 3); });
  expect_error(ErrorKind::corrupt_data, "alpha_pattern has 'q' = 0, expected a regular expression",
               [&] { broken("alpha_pattern", {{"q", 0}}); });
  expect_error(ErrorKind::corrupt_data, "rank_pattern has '(q' = 2, expected a regular expression",
               [&] { broken("rank_pattern", {{"(q", 2}}); });
  expect_error(ErrorKind::corrupt_data, "lora_dropout is 1.5",
               [&] { broken("lora_dropout", 1.5); });
}

}  // namespace
}  // namespace automodel::checkpoint
