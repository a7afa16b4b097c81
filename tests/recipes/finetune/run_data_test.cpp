#include "recipes/finetune/run_data.h"

#include <gmock/gmock.h>

#include "base/error.h"
#include "recipes/tiny_recipe.h"

namespace automodel::recipes {
namespace {

RunData load(const config::Recipe& recipe) {
  return load_run_data(recipe, checkpoint::open_model(recipe.model.pretrained_model_name_or_path));
}

std::string message(const config::Recipe& recipe) {
  try {
    load(recipe);
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(LoadRunData, TrainingAndValidationRows) {
  const TinyRecipe recipe;
  const auto data = load(recipe.load().recipe);
  EXPECT_EQ(data.train.dataset->size(), 6);
  ASSERT_EQ(data.validation.size(), 1);
  EXPECT_EQ(data.validation.at("default").dataset->size(), 3);
  EXPECT_EQ(data::num_trained_tokens(data.train.dataset->sample(0)), 2);  // the answer, its end
}

TEST(LoadRunData, AnotherFoldersTokenizer) {
  const TinyRecipe recipe;
  auto changed = recipe.load().recipe;
  changed.dataset.tokenizer->pretrained_model_name_or_path = recipe.path("source").string();
  EXPECT_EQ(load(changed).train.dataset->size(), 6);
}

TEST(LoadRunData, TokenizerSettingsThatAreNotBuilt) {
  const TinyRecipe recipe;
  auto changed = recipe.load().recipe;
  changed.dataset.tokenizer->add_bos_token = true;
  EXPECT_THAT(message(changed), ::testing::HasSubstr("add_eos_token are not supported yet"));
  changed.dataset.tokenizer.reset();
  EXPECT_THAT(message(changed), ::testing::HasSubstr("tokenizer: null is not supported yet"));
}

TEST(LoadRunData, ErrorsNameTheSection) {
  const TinyRecipe recipe;
  write_text(recipe.path("validation.jsonl"), "{\"messages\": []}\n");
  EXPECT_THAT(message(recipe.load().recipe), ::testing::HasSubstr("preparing validation_dataset"));
}

TEST(LoaderOptions, AreTheRecipes) {
  const TinyRecipe recipe;
  const auto options =
      loader_options(recipe.load({"--seed=9", "--dataloader.shuffle=false"}).recipe);
  EXPECT_EQ(options.seed, 9);
  EXPECT_FALSE(options.shuffle);
  EXPECT_EQ(options.global_batch_size, 3);
  EXPECT_EQ(options.local_batch_size, 3);
  EXPECT_TRUE(loader_options(recipe.load().recipe).shuffle);
}

}  // namespace
}  // namespace automodel::recipes
