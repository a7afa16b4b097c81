#include "config/normalise.h"

#include <gtest/gtest.h>

namespace automodel::config {
namespace {

Node tree(const Json& json) { return from_json(json, {OriginKind::file, 1, 1}); }

TEST(Normalise, RngSeedCountsWhereThereIsNoSeed) {
  EXPECT_EQ(normalise_tree(tree({{"rng", {{"seed", 7}}}})).root.find("seed")->value, 7);
  EXPECT_EQ(normalise_tree(tree({{"rng", {{"seed", 7}}}, {"seed", 3}})).root.find("seed")->value,
            3);
  EXPECT_EQ(normalise_tree(tree({{"rng", {{"ranked", true}}}})).root.find("seed"), nullptr);
}

TEST(Normalise, AModelHasOneElementType) {
  const auto model = [](const Json& json) {
    return to_json(normalise_tree(tree({{"model", json}})).root).at("model");
  };
  EXPECT_EQ(model({{"dtype", "bf16"}}), Json({{"torch_dtype", "bf16"}}));
  EXPECT_EQ(model({{"dtype", "bf16"}, {"torch_dtype", "auto"}}), Json({{"torch_dtype", "bf16"}}));
  EXPECT_EQ(model({{"dtype", "auto"}, {"torch_dtype", "bf16"}}), Json({{"torch_dtype", "bf16"}}));
  EXPECT_EQ(model({{"dtype", "auto"}}), Json({{"torch_dtype", "auto"}}));
  const Json differ = {{"dtype", "float32"}, {"torch_dtype", "bf16"}};
  EXPECT_EQ(model(differ), differ);
  EXPECT_EQ(model("a/model"), "a/model");
  const Node teacher = normalise_tree(tree({{"teacher_model", {{"dtype", "bf16"}}}})).root;
  EXPECT_EQ(find_path(teacher, "teacher_model.torch_dtype")->value, "bf16");
}

TEST(Normalise, AnOverrideOfTheElementTypeCountsUnderEitherName) {
  for (const auto* given : {"dtype", "torch_dtype"}) {
    Node root = tree({{"model", {{"dtype", "float32"}, {"torch_dtype", "float32"}}}});
    *root.find("model")->find(given) = from_json("bfloat16", {.kind = OriginKind::overridden});
    EXPECT_EQ(to_json(normalise_tree(root).root), Json({{"model", {{"torch_dtype", "bfloat16"}}}}));
  }
}

TEST(Normalise, OldPlaceOfTheDataSet) {
  const NormalisedTree out =
      normalise_tree(tree({{"dataloader", {{"dataset", {{"a", 1}}}, {"b", 2}}}}));
  EXPECT_EQ(to_json(out.root), Json({{"dataloader", {{"b", 2}}}, {"dataset", {{"a", 1}}}}));
  EXPECT_EQ(out.warnings.size(), 1U);
  const Json both = {{"dataset", {{"a", 1}}}, {"dataloader", {{"dataset", {{"a", 2}}}}}};
  EXPECT_EQ(to_json(normalise_tree(tree(both)).root), both);
}

/// A part of a blend, or a section, with this template.
Json templated(const Json& chat_template) { return {{"chat_template", chat_template}}; }

TEST(Normalise, ValidationDataShareTheTrainingDatasTemplate) {
  const Json blend = {{"parts", {templated(nullptr), templated("b"), {{"dataset_name", "x"}}}}};
  Node root = tree({{"dataset", templated("a")},
                    {"validation_dataset", templated(nullptr)},
                    {"validation_dataset_blend", blend},
                    {"validation_dataset_same", templated("a")},
                    {"validation_dataset_xlam", {{"dataset_name", "x"}}}});
  root.find("dataset")->find("chat_template")->origin = {OriginKind::file, 7, 3};
  const auto warnings = share_chat_template(root);
  const Node* shared = find_path(root, "validation_dataset.chat_template");
  EXPECT_EQ(shared->value, "a");
  EXPECT_EQ(shared->origin, (Origin{OriginKind::file, 7, 3}));
  const auto& parts = root.find("validation_dataset_blend")->find("parts")->items;
  EXPECT_EQ(parts[0].find("chat_template")->value, "a");
  EXPECT_EQ(parts[1].find("chat_template")->value, "b");
  EXPECT_EQ(find_path(root, "validation_dataset_xlam.chat_template"), nullptr);
  ASSERT_EQ(warnings.size(), 1U);
  EXPECT_EQ(warnings[0].path, "validation_dataset_blend.chat_template");
}

TEST(Normalise, AllPartsOfABlendShareATemplate) {
  const auto blend = [](const Json& parts) { return shared_template({{"parts", parts}}); };
  EXPECT_EQ(shared_template(templated("a")), "a");
  EXPECT_EQ(shared_template(templated(nullptr)), Json());
  EXPECT_EQ(shared_template({{"dataset_name", "x"}}), std::nullopt);
  EXPECT_EQ(shared_template(nullptr), std::nullopt);
  EXPECT_EQ(blend({templated("a"), templated("a")}), "a");
  EXPECT_EQ(blend({templated("a"), templated("b")}), std::nullopt);
  EXPECT_EQ(blend({templated("a"), {{"dataset_name", "x"}}}), std::nullopt);
}

TEST(Normalise, ATemplateThatTheTrainingDataDoNotShareIsNobodysElse) {
  const auto validation = [](const Json& dataset, const Json& own) {
    Node root = tree({{"dataset", dataset}, {"validation_dataset", templated(own)}});
    const auto num_warnings = share_chat_template(root).size();
    return std::pair(find_path(root, "validation_dataset.chat_template")->value, num_warnings);
  };
  using Found = std::pair<Json, std::size_t>;
  const Json differ = {{"parts", {templated("a"), templated("b")}}};
  const Json same = {{"parts", {templated("a"), templated("a")}}};
  EXPECT_EQ(validation(differ, nullptr), Found(nullptr, 0));
  EXPECT_EQ(validation(differ, "c"), Found("c", 0));
  EXPECT_EQ(validation(same, nullptr), Found("a", 0));
  EXPECT_EQ(validation(templated(nullptr), nullptr), Found(nullptr, 0));
  EXPECT_EQ(validation(templated(nullptr), "b"), Found("b", 1)) << "not the tokenizer's";
  Json by_tokenizer = templated(nullptr);
  by_tokenizer["tokenizer"] = templated("b");
  EXPECT_EQ(validation(by_tokenizer, "b"), Found("b", 0));
  EXPECT_EQ(validation({{"dataset_name", "hellaswag"}}, "b"), Found("b", 0)) << "never rendered";
}

TEST(Normalise, DisabledWandbIsAbsent) {
  Node off = tree({{"wandb", {{"enable", false}}}});
  drop_switched_off(off);
  EXPECT_EQ(off.find("wandb"), nullptr);
  Node on = tree({{"wandb", {{"enable", true}}}});
  drop_switched_off(on);
  EXPECT_NE(on.find("wandb"), nullptr);
  Node disabled = tree({{"wandb", {{"mode", "disabled"}}}});
  drop_switched_off(disabled);
  EXPECT_EQ(disabled.find("wandb"), nullptr);
}

TEST(Normalise, VariablesStandInForWhatIsLeftOpen) {
  const Environment variables = {{"WANDB_DIR", "w"},
                                 {"WANDB_MODE", ""},
                                 {"WANDB_RUN_ID", "r1"},
                                 {"MLFLOW_TRACKING_URI", "http://host"}};
  Node open = tree({{"wandb", {{"dir", nullptr}, {"mode", nullptr}, {"id", nullptr}}},
                    {"mlflow", {{"tracking_uri", nullptr}}}});
  fill_from_environment(open, variables);
  EXPECT_EQ(to_json(open), Json({{"wandb", {{"dir", "w"}, {"mode", nullptr}, {"id", "r1"}}},
                                 {"mlflow", {{"tracking_uri", "http://host"}}}}));
  EXPECT_EQ(find_path(open, "wandb.dir")->origin.kind, OriginKind::environment);
  Node given = tree({{"wandb", nullptr}, {"mlflow", {{"tracking_uri", "runs"}}}});
  const Json before = to_json(given);
  fill_from_environment(given, variables);
  EXPECT_EQ(to_json(given), before);
}

TEST(Normalise, VariablesGoBeforeDefaultsAndBehindTheRecipe) {
  const Environment variables = {{"WANDB_NAME", "n"},
                                 {"WANDB_PROJECT", "p"},
                                 {"WANDB_TAGS", "a,b c,"},
                                 {"MLFLOW_EXPERIMENT_NAME", "e"}};
  const Json sections = {{"wandb", {{"name", nullptr}, {"project", "x"}, {"tags", nullptr}}},
                         {"mlflow", {{"experiment_name", "x"}}}};
  Node open = from_json(sections, {.kind = OriginKind::fallback});
  fill_from_environment(open, variables);
  EXPECT_EQ(to_json(open),
            Json({{"wandb", {{"name", "n"}, {"project", "p"}, {"tags", {"a", "b c"}}}},
                  {"mlflow", {{"experiment_name", "e"}}}}));
  Node given = from_json(sections, {.kind = OriginKind::file});
  fill_from_environment(given, variables);
  EXPECT_EQ(find_path(given, "wandb.project")->value, "x");
  EXPECT_EQ(find_path(given, "mlflow.experiment_name")->value, "x");
}

}  // namespace
}  // namespace automodel::config
