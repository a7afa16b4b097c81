#include "recipes/finetune/run_step.h"

#include <gmock/gmock.h>

#include "recipes/finetune/run_data.h"
#include "recipes/tiny_recipe.h"

namespace automodel::recipes {
namespace {

TEST(RunStep, TakesTheNextRowsAndMovesOn) {
  const TinyRecipe tiny;
  const auto recipe = tiny.load({"--clip_grad_norm.max_norm=0.5", "--seed=9",
                                 "--loss_fn.label_smoothing=0.1", "--loss_fn.z_loss=0.01"})
                          .recipe;
  RunModel run = load_run_model(recipe);
  const auto data = load_run_data(recipe, run.source);
  data::Loader loader(data.train.dataset, loader_options(recipe));
  train::Optimizer optimizer(run.model.parameters().trained(), recipe.optimizer);
  RunState state{.run = run, .optimizer = optimizer, .schedule = config::plan_rates(recipe, 2)};
  const auto options = step_options(recipe);
  EXPECT_EQ(options.max_grad_norm, 0.5);
  EXPECT_EQ(options.seed, 9U);
  EXPECT_EQ(options.terms, (ops::LossTerms{.label_smoothing = 0.1, .z_loss = 0.01}));

  const auto first = run_step(state, loader, options);
  EXPECT_EQ(first.metrics.step, 0);
  EXPECT_EQ(first.metrics.result.num_tokens, std::ssize(first.batch.micro_batches.at(0).ids));
  EXPECT_GT(first.metrics.result.seconds.backward, 0);
  EXPECT_LE(first.metrics.result.seconds.forward, first.metrics.seconds);
  EXPECT_EQ(state.next_step, 1);
  EXPECT_EQ(state.loader.sample, 3);
  EXPECT_EQ(run_step(state, loader, options).metrics.step, 1);
}

}  // namespace
}  // namespace automodel::recipes
