#include "recipes/finetune/unlearnt_tokens.h"

#include <gmock/gmock.h>

#include "recipes/tiny_recipe.h"

namespace automodel::recipes {
namespace {

const std::vector<std::string> kPeft = {
    "--peft._target_=nemo_automodel.components._peft.lora.PeftConfig"};

/// What is told where the embeddings of these tokens are zero.
std::vector<std::string> told(const std::vector<std::int64_t>& zero,
                              const std::vector<std::string>& overrides) {
  const TinyRecipe tiny;
  const auto loaded = tiny.load(overrides);
  const RunModel run = load_run_model(loaded.recipe);
  const Tensor& embedding_vd = run.model.parameters().at("model.embed_tokens.weight");
  const Tensor changed_vd = embedding_vd.detach().clone();
  for (const std::int64_t id : zero) {
    changed_vd[id].zero_();
  }
  embedding_vd.set_data(changed_vd);
  return unlearnt_tokens(run, load_run_data(loaded.recipe, run.source));
}

TEST(UnlearntTokens, AreToldWhereAdaptersLeaveThemSo) {
  EXPECT_THAT(told({}, kPeft), ::testing::IsEmpty());
  EXPECT_THAT(
      told({3, 0}, kPeft),
      ::testing::ElementsAre(::testing::HasSubstr(
          "the embeddings of 2 tokens of the rows are zero ('user', '<end>'): the model was "
          "never trained on them")));
  EXPECT_THAT(told({15}, kPeft), ::testing::IsEmpty()) << "a word that no row has";
  EXPECT_THAT(told({3, 0}, {}), ::testing::IsEmpty()) << "all is trained";
}

}  // namespace
}  // namespace automodel::recipes
