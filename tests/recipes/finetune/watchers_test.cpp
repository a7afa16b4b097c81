#include "recipes/finetune/watchers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tensor/expect_error.h"
#include "tests/recipes/tiny_recipe.h"

namespace automodel::recipes {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

config::Recipe recipe(const TinyRecipe& tiny) {
  return tiny
      .load({"--tensorboard={}", "--step_scheduler.log_remote_every_steps=2",
             "--wandb.dir=" + tiny.path("wb").string(),
             "--mlflow.tracking_uri=file://" + tiny.path("ml").string()})
      .recipe;
}

TEST(ScalarsOf, AreTheNumbersOfALine) {
  EXPECT_THAT(scalars_of({{"step", 3},
                          {"epoch", 0},
                          {"timestamp", "now"},
                          {"loss", 0.5},
                          {"moe", {{"load", 2}}},
                          {"list", {1, 2}}}),
              ElementsAre(Pair("loss", 0.5), Pair("moe/load", 2)));
}

TEST(Watchers, NoneUnlessTheRecipeNamesThem) {
  const TinyRecipe tiny;
  const Watchers watchers(tiny.load().recipe, Json::object(), std::nullopt);
  EXPECT_THAT(watchers.places(), IsEmpty());
  EXPECT_THAT(watchers.ids(), IsEmpty());
}

TEST(Watchers, EveryLeafIsAParameterIfTheRecipeWantsAll) {
  const TinyRecipe tiny;
  const auto parameters = [&](const std::string& depth) {
    const auto folder = tiny.path("ml_" + depth);
    const Watchers watchers(
        tiny.load({"--mlflow.tracking_uri=" + folder.string(), "--mlflow.flatten_depth=" + depth})
            .recipe,
        {{"a", {{"b", {{"c", {{"d", 1}}}}}}}}, std::nullopt);
    std::vector<std::string> out;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
      if (entry.path().parent_path().filename() == "params") {
        out.push_back(entry.path().filename());
      }
    }
    return out;
  };
  EXPECT_THAT(parameters("1"), ElementsAre("a.b"));
  EXPECT_THAT(parameters("null"), ElementsAre("a.b.c.d"));
}

/// The only file of this name below the folder.
std::filesystem::path file_below(const std::filesystem::path& folder, const std::string& name) {
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.path().filename() == name) {
      return entry.path();
    }
  }
  return {};
}

TEST(Watchers, EachIsTold) {
  const TinyRecipe tiny;
  Watchers watchers(recipe(tiny), {{"seed", 1}}, std::nullopt);
  EXPECT_THAT(watchers.places(), ElementsAre(HasSubstr("tensorboard --logdir"),
                                             HasSubstr("wandb sync"), HasSubstr("mlflow ui")));
  for (const int step : {0, 1, 2}) {
    watchers.step({{"step", step}, {"loss", 0.5}});
  }
  watchers.validation("validation_dataset", {{"step", 2}, {"val_loss", 0.25}});
  watchers.finish(watch::RunEnd::complete);
  const auto id = watchers.ids()["mlflow"].get<std::string>();
  const auto file = file_below(tiny.path("ml"), "loss");
  EXPECT_THAT(file.string(), HasSubstr(id));
  EXPECT_THAT(read_file(file), ::testing::MatchesRegex("[0-9]+ 0.5 0\n[0-9]+ 0.5 2\n"));
}

/// An exception leaves the run without finish().
TEST(Watchers, WithoutAnEndTheRunHasFailed) {
  const TinyRecipe tiny;
  std::string wandb_file;
  {
    Watchers watchers(recipe(tiny), Json::object(), std::nullopt);
    watchers.step({{"step", 0}, {"loss", 0.625}});
    wandb_file = fmt::format("run-{}.wandb", watchers.ids()["wandb"].get<std::string>());
  }
  const auto run = file_below(tiny.path("ml"), "loss").parent_path().parent_path();
  EXPECT_EQ(read_json(run / "meta.yaml")["status"], 4);
  EXPECT_THAT(read_file(file_below(tiny.path("wb"), wandb_file)), HasSubstr("0.625"));
}

TEST(Watchers, OneThatCannotBeWrittenIsGivenUp) {
  const TinyRecipe tiny;
  Watchers watchers(recipe(tiny), Json::object(), std::nullopt);
  EXPECT_THAT(watchers.step({{"step", 0}, {"loss", 0.5}}), IsEmpty());
  std::filesystem::remove_all(tiny.path("ml"));
  write_text(tiny.path("ml"), "no folder any more");
  EXPECT_THAT(watchers.step({{"step", 2}, {"grad_norm", 0.5}}),
              ElementsAre(HasSubstr("nothing more of this run is written for 'mlflow ui")));
  EXPECT_THAT(watchers.step({{"step", 4}, {"loss", 0.5}}), IsEmpty());
  EXPECT_THAT(watchers.finish(watch::RunEnd::complete), IsEmpty());
  EXPECT_THAT(watchers.places(), ElementsAre(HasSubstr("tensorboard"), HasSubstr("wandb")));
}

TEST(Watchers, AResumedRunKeepsItsIds) {
  const TinyRecipe tiny;
  const auto again = recipe(tiny);
  const Watchers first(again, Json::object(), std::nullopt);
  write_text(tiny.path("out/manifest.json"), Json({{"watchers", first.ids()}}).dump());
  EXPECT_EQ(Watchers(again, Json::object(), 4).ids(), first.ids());
  EXPECT_NE(Watchers(again, Json::object(), std::nullopt).ids(), first.ids());
}

TEST(Watchers, AManifestOfOtherTypesIsRefused) {
  const TinyRecipe tiny;
  const auto again = recipe(tiny);
  for (const char* text : {R"([1])", R"({"watchers": 5})", R"({"watchers": {"wandb": 5}})"}) {
    write_text(tiny.path("out/manifest.json"), text);
    testing::expect_error(ErrorKind::corrupt_data, "expected an object whose 'watchers' is",
                          [&] { const Watchers watchers(again, Json::object(), 4); });
  }
}

}  // namespace
}  // namespace automodel::recipes
