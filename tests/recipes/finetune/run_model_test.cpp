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

}  // namespace
}  // namespace automodel::recipes
