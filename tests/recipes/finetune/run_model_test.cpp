#include "recipes/finetune/run_model.h"

#include <gmock/gmock.h>

#include "base/error.h"
#include "recipes/tiny_recipe.h"

namespace automodel::recipes {
namespace {

RunModel load(const std::vector<std::string>& overrides = {}) {
  static const TinyRecipe recipe;
  return load_run_model(recipe.load(overrides).recipe);
}

const std::vector<std::string> kLora = {
    "--peft._target_=nemo_automodel.components._peft.lora.PeftConfig"};

TEST(LoadRunModel, FullFineTuningTrainsEverything) {
  const auto run = load();
  EXPECT_FALSE(run.lora.has_value());
  EXPECT_EQ(run.model.parameters().trained().size(), run.model.parameters().all().size());
  EXPECT_EQ(run.storage, at::kFloat);
  EXPECT_EQ(run.compute.dtype, at::kFloat);
}

TEST(LoadRunModel, AdaptersFreezeTheRest) {
  const auto run = load(kLora);
  ASSERT_TRUE(run.lora.has_value());
  EXPECT_EQ(run.model.parameters().trained().size(), 2 * 14);
}

TEST(LoadRunModel, StorageAndRecomputeAreTheRecipes) {
  const auto run = load({"--model.torch_dtype=bf16", "--model.compute_dtype=float32",
                         "--distributed.activation_checkpointing=true"});
  EXPECT_EQ(run.model.parameters().all()[0].value.scalar_type(), at::kBFloat16);
  EXPECT_EQ(run.model.options().compute, at::kFloat);
  EXPECT_EQ(run.model.options().recompute, Recompute::full);
}

TEST(LoadRunModel, FromConfigDrawsFreshWeights) {
  const TinyRecipe tiny;
  const auto recipe =
      tiny.load({"--model._target_=nemo_automodel.NeMoAutoModelForCausalLM.from_config",
                 "--model.config=" + tiny.path("model").string()})
          .recipe;
  const auto one = load_run_model(recipe), two = load_run_model(recipe);
  const std::string name = "model.layers.0.mlp.up_proj.weight";
  EXPECT_EQ(one.storage, at::kBFloat16);
  EXPECT_TRUE(at::equal(one.model.parameters().at(name), two.model.parameters().at(name)));
}

TEST(LoadRunModel, OtherTasksAreRefused) {
  const TinyRecipe recipe;
  auto changed = recipe.load().recipe;
  changed.model.task = config::ModelTask::seq2seq_lm;
  try {
    load_run_model(changed);
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_THAT(error.message(), ::testing::HasSubstr("are supported yet"));
  }
}

/// The tiny recipe as one for classifiers.
config::Recipe classifying(const TinyRecipe& tiny, const std::vector<std::string>& more = {}) {
  std::vector<std::string> overrides = {
      "--recipe=TrainFinetuneRecipeForSequenceClassification",
      "--model._target_=nemo_automodel.NeMoAutoModelForSequenceClassification.from_pretrained",
      "--dataset={'_target_': 'nemo_automodel.components.datasets.llm.mock_seq_cls."
      "MockSequenceClassificationDataset', 'vocab_size': 16}",
      "--validation_dataset=None"};
  overrides.insert(overrides.end(), more.begin(), more.end());
  return tiny.load(overrides).recipe;
}

TEST(LoadRunModel, ClassifiersGetAHead) {
  const TinyRecipe tiny;
  const auto run = load_run_model(classifying(tiny, {"--model.num_labels=3"}));
  EXPECT_EQ(run.model.spec().num_labels, 3);
  EXPECT_EQ(run.source.fresh_parameters, std::vector<std::string>{"score.weight"});
  EXPECT_EQ(run.model.parameters().trained().size(), run.model.parameters().all().size());
  auto overrides = kLora;
  const auto lora = load_run_model(classifying(tiny, overrides));
  EXPECT_EQ(lora.model.parameters().trained().size(), 2 * 14 + 1);
  EXPECT_EQ(lora.model.parameters().trained().front().spec.name, "score.weight");
}

TEST(LoadRunModel, AClassifierIsNoLanguageModel) {
  const TinyRecipe tiny;
  auto recipe = tiny.load({"--model.architectures=['LlamaForSequenceClassification']"}).recipe;
  try {
    load_run_model(recipe);
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_THAT(error.message(),
                ::testing::HasSubstr("holds a classifier (LlamaForSequenceClassification), which "
                                     "predicts no tokens; use"));
  }
}

}  // namespace
}  // namespace automodel::recipes
