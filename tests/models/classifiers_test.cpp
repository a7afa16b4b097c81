#include "models/classifiers.h"

#include <gmock/gmock.h>

#include "base/error.h"
#include "models/overrides.h"
#include "models/registry.h"
#include "spec/parameters.h"
#include "tests/models/error_of.h"

namespace automodel::models {
namespace {

using ::testing::HasSubstr;

Json classifier(const Json& more = Json::object()) {
  Json config = parse_json(
      R"({"model_type": "llama", "architectures": ["LlamaForSequenceClassification"], "vocab_size": 100,
    "hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2, "num_attention_heads": 4,
    "rms_norm_eps": 1e-5, "tie_word_embeddings": true})",
      "test");
  config.update(more);
  return config;
}

TEST(Classifiers, HaveAHeadOfTheirOwn) {
  const auto model = read_spec(classifier({{"num_labels", 3}}), "a");
  EXPECT_EQ(model.num_labels, 3);
  EXPECT_FALSE(model.tied_head);
  EXPECT_EQ(model.architecture, "LlamaForSequenceClassification");
  EXPECT_EQ(spec::head_weight_name(model), "score.weight");
  const auto head = spec::parameters(model).back();
  EXPECT_EQ(head.name, "score.weight");
  EXPECT_EQ(head.shape, (std::vector<std::int64_t>{3, 64}));
  for (const auto& module : lora_modules(model)) {
    EXPECT_NE(module.name, "score");
  }
}

TEST(Classifiers, CountTheirClasses) {
  const auto count = [](const Json& more) { return read_spec(classifier(more), "a").num_labels; };
  EXPECT_EQ(count(Json::object()), 2);
  EXPECT_EQ(count({{"id2label", {{"0", "no"}, {"1", "yes"}, {"2", "perhaps"}}}}), 3);
  EXPECT_EQ(count({{"num_labels", 2}, {"id2label", {{"0", "no"}, {"1", "yes"}}}}), 2);
  EXPECT_THAT(error_of(classifier({{"num_labels", 3}, {"id2label", {{"0", "a"}, {"1", "b"}}}})),
              HasSubstr("num_labels is 3, but id2label has 2 entries; give one of them"));
  EXPECT_THAT(error_of(classifier({{"id2label", {{"1", "a"}, {"2", "b"}}}})),
              HasSubstr("expected a name for each number from 0 to 1"));
  EXPECT_THAT(error_of(classifier({{"id2label", 3}})), HasSubstr("'id2label' is 3"));
  EXPECT_EQ(count({{"num_labels", 1}}), 1) << "a reward model";
  EXPECT_EQ(count({{"problem_type", "multi_label_classification"}}), 2);
  EXPECT_THAT(error_of(classifier({{"num_labels", 0}})), HasSubstr("has 0 classes"));
}

TEST(Classifiers, OfOneOfSeveralClassesAreTrained) {
  const auto error = [](const Json& config, std::int64_t num_labels) -> std::string {
    try {
      check_trains(config, num_labels);
    } catch (const Error& found) {
      return found.message();
    }
    return "";
  };
  EXPECT_EQ(error(Json::object(), 2), "");
  EXPECT_EQ(error({{"problem_type", nullptr}}, 3), "");
  EXPECT_EQ(error({{"problem_type", "single_label_classification"}}, 3), "");
  EXPECT_THAT(error(Json::object(), 1),
              HasSubstr("the model has 1 class; classification needs 2 or more"));
  EXPECT_THAT(error({{"problem_type", "multi_label_classification"}}, 3),
              HasSubstr("problem_type is \"multi_label_classification\""));
}

TEST(Classifiers, OfOtherTypesAreRefused) {
  EXPECT_THAT(error_of(classifier({{"model_type", "granite"},
                                   {"architectures", Json::array({"ForSequenceClassification"})}})),
              HasSubstr("models of the type 'granite' cannot be classifiers of sequences here"));
}

TEST(Classifiers, AreNamedByTheirArchitecture) {
  EXPECT_TRUE(is_classifier(classifier()));
  EXPECT_FALSE(is_classifier({{"architectures", Json::array({"LlamaForCausalLM"})}}));
  EXPECT_FALSE(is_classifier({{"architectures", nullptr}}));
  EXPECT_FALSE(is_classifier(Json::object()));
  auto base = classifier();
  base["architectures"] = Json::array({"LlamaForCausalLM"});
  EXPECT_TRUE(read_spec(base, "a").tied_head);
  const auto made = with_overrides(base, classifier_overrides(4));
  EXPECT_EQ(read_spec(made, "a").num_labels, 4);
}

TEST(Classifiers, OverridesDropNamesOfOtherClasses) {
  const Json named =
      classifier({{"id2label", {{"0", "a"}, {"1", "b"}}}, {"label2id", {{"a", 0}, {"b", 1}}}});
  EXPECT_EQ(with_overrides(named, {{"num_labels", 2}}).at("id2label").size(), 2);
  const auto made = with_overrides(named, {{"num_labels", 3}});
  EXPECT_FALSE(made.contains("id2label"));
  EXPECT_FALSE(made.contains("label2id"));
}

TEST(Classifiers, GivenNamesReplaceOthers) {
  const Json named =
      classifier({{"id2label", {{"0", "a"}, {"1", "b"}}}, {"label2id", {{"a", 0}, {"b", 1}}}});
  const auto made = with_overrides(named, {{"id2label", {{"0", "c"}}}});
  EXPECT_EQ(made.at("id2label"), (Json{{"0", "c"}})) << "not one of each";
  EXPECT_FALSE(made.contains("label2id"));
}

TEST(Classifiers, NamesOfClasses) {
  using ::testing::ElementsAre;
  using ::testing::IsEmpty;
  const Json names = {{"1", "yes"}, {"0", "no"}};
  EXPECT_THAT(class_names({{"id2label", names}}), ElementsAre("no", "yes"));
  EXPECT_THAT(class_names({{"id2label", names}, {"label2id", {{"no", "0"}, {"LABEL_1", 0}}}}),
              ElementsAre("no", "yes"));
  EXPECT_THAT(class_names(Json::object()), IsEmpty());
  EXPECT_THAT(class_names({{"id2label", {{"0", "LABEL_0"}, {"1", "LABEL_1"}}}}), IsEmpty());
  EXPECT_THAT(class_names({{"label2id", {{"LABEL_0", 0}, {"LABEL_1", 1}}}}), IsEmpty());
  EXPECT_THAT(class_names(with_class_names({{"label2id", {{"a", 1}}}}, {"a", "b"})),
              ElementsAre("a", "b"));
}

TEST(Classifiers, NamesThatContradictEachOther) {
  const auto error = [](const Json& config) -> std::string {
    try {
      class_names(config);
    } catch (const Error& found) {
      return found.message();
    }
    return "";
  };
  const Json names = {{"0", "no"}, {"1", "yes"}};
  EXPECT_THAT(error({{"id2label", names}, {"label2id", {{"no", 1}}}}),
              HasSubstr("config.json's id2label calls class 0 'no', but its label2id gives that "
                        "name the number 1; say what the classes are by model.id2label"));
  EXPECT_THAT(error({{"id2label", {{"0", "no"}, {"1", "no"}}}}),
              HasSubstr("config.json's id2label gives several classes the name 'no'"));
  EXPECT_THAT(error({{"label2id", {{"no", 0}}}}),
              HasSubstr("config.json has label2id ({\"no\":0}) without id2label"));
}

TEST(Classifiers, KeysAreTransformers) {
  EXPECT_EQ(class_keys({{"id2label", {{"0", "no"}}}}, 2),
            (Json{{"id2label", {{"0", "no"}, {"1", "LABEL_1"}}},
                  {"label2id", {{"no", 0}, {"LABEL_1", 1}}},
                  {"problem_type", "single_label_classification"}}));
  EXPECT_FALSE(class_keys(Json::object(), 1).contains("problem_type")) << "as of a reward model";
  const Json several = {{"problem_type", "multi_label_classification"}};
  EXPECT_EQ(class_keys(several, 2).at("problem_type"), "multi_label_classification");
}

}  // namespace
}  // namespace automodel::models
