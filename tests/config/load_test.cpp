#include "config/load.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/config/recipes.h"

namespace automodel::config {
namespace {

using ::testing::HasSubstr;

TEST(Load, CollectsAllProblemsInTheFilesOrder) {
  const std::string text =
      complaint(std::string(kLeast) + "seed: -1\nloger: {}\n", {"--optimizer.lr=x"});
  EXPECT_THAT(text, HasSubstr("the recipe has 3 problems"));
  EXPECT_LT(text.find("seed: -1 is out of range"), text.find("loger: unknown key"));
  EXPECT_THAT(text, HasSubstr("command line: optimizer.lr"));
}

TEST(Load, SaysWhereKeysOfOtherProgramsAre) {
  const std::string text = complaint(kLeast, {"--optimizer.learning_rate=1e-3", "--packing=true"});
  EXPECT_THAT(text, HasSubstr("optimizer.learning_rate: unknown key; here it is 'optimizer.lr'"));
  EXPECT_THAT(text, HasSubstr("packing: unknown key; here it is "
                              "'packed_sequence.packed_sequence_size' (the tokens of a pack)"));
  EXPECT_THAT(complaint(kLeast, {"--max_steps=4"}),
              HasSubstr("max_steps: unknown key; here it is 'step_scheduler.max_steps'"));
  EXPECT_THAT(complaint(kLeast, {"--load_best_model_at_end=true"}),
              HasSubstr("load_best_model_at_end: unknown key; no run is ended early; its best "
                        "checkpoint is LOWEST_VAL"));
}

TEST(Load, SaysWhatAKeyNeedsBesideIt) {
  const std::string text = complaint(kLeast, {"--peft.r=8"});
  EXPECT_THAT(text, HasSubstr("peft._target_: this required key is missing; e.g. _target_: "
                              "nemo_automodel.components._peft.lora.PeftConfig"));
  EXPECT_THAT(text, HasSubstr("peft.r: unknown key; here it is 'peft.dim'"));
}

TEST(Load, NamesMissingSections) {
  const std::string text = complaint("seed: 1\n");
  for (const char* section : {"recipe", "distributed", "model", "dataset", "optimizer"}) {
    EXPECT_THAT(text, HasSubstr(std::string(section) + ": this required section is missing"));
  }
}

TEST(Load, SaysWhatUpstreamsOtherRecipesTrain) {
  EXPECT_THAT(complaint("seed: 1\nrecipe: TrainBiEncoderRecipe\nmodels: {}\n"),
              HasSubstr("recipe.yaml:2:9: recipe: 'TrainBiEncoderRecipe' trains retrieval models, "
                        "which is not supported yet"));
  EXPECT_THAT(complaint("recipe: {_target_: nemo_automodel.recipes.llm.train_eagle3."
                        "TrainEagle3Recipe}\n"),
              HasSubstr("trains drafters of speculative decoding, which is not supported yet"));
}

TEST(Load, UpstreamsFilesAndAliasesAreItsModules) {
  const auto target = [](const std::string& name) {
    return check_text(kLeast, {"--dataset={'_target_': '" + name + "', 'path_or_dataset_id': 'x'}"})
        .recipe.dataset.target;
  };
  for (const char* name :
       {"nemo_automodel/components/datasets/llm/chat_dataset.py:ChatDataset",
        "nemo_automodel.components.datasets.llm.ChatDataset",
        "nemo_automodel.components.datasets.llm.chat_dataset.ChatDatasetConfig"}) {
    EXPECT_EQ(target(name), "chat_dataset.ChatDataset") << name;
  }
  EXPECT_EQ(check_text(kLeast, {"--model._target_=nemo_automodel.models.qwen2.model."
                                "Qwen2ForCausalLM.from_pretrained"})
                .recipe.model.task,
            ModelTask::causal_lm);
  EXPECT_THAT(complaint_with({"--dataset._target_=mine/chat_dataset.py:ChatDataset"}),
              HasSubstr("unknown name"));
}

TEST(Load, ReadsVariablesOfTheGivenEnvironment) {
  const std::string text = std::string(kLeast) + "seed: ${SEED}\n";
  EXPECT_EQ(check_text(text, {}, {{"SEED", "9"}}).recipe.seed, 9);
  EXPECT_THAT(complaint(text), HasSubstr("'SEED' is not set"));
  EXPECT_EQ(check_text(kLeast, {"--seed=${SEED,5}"}).recipe.seed, 5);
}

TEST(Load, RefusesFilesThatAreNoRecipes) {
  EXPECT_THROW(check_recipe(::testing::TempDir() + "missing.yaml", {}, {}), Error);
  EXPECT_THROW(check_recipe(::testing::TempDir(), {}, {}), Error);
  try {
    check_recipe("chats.jsonl", {}, {});
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.message(), HasSubstr("chats.jsonl is a data file; a recipe is a YAML file"));
    EXPECT_THAT(error.message(), HasSubstr("'automodel data --dataset chats.jsonl --tokenizer"));
  }
}

TEST(Load, ARunnableRecipeLoads) {
  EXPECT_FALSE(load_recipe(write_recipe(kLeast), {}, {}).recipe.is_benchmark);
}

TEST(Load, SeedOfRngCountsWithAWarning) {
  const LoadedRecipe loaded = check_text(std::string(kLeast) + "rng: {seed: 7}\n");
  EXPECT_EQ(loaded.recipe.seed, 7);
  EXPECT_THAT(loaded.warnings,
              ::testing::ElementsAre(HasSubstr("only where there is no top-level `seed`")));
}

}  // namespace
}  // namespace automodel::config
