#include "plan/memory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "plan/run_cost.h"
#include "tests/plan/small_model.h"

namespace automodel::plan {
namespace {

MemoryPlan plan_of(const StepShape& step, const config::Recipe& recipe = small_recipe()) {
  const auto model = small_model();
  return plan_memory(model, held_parameters(model, recipe, Storage::float32), step);
}

TEST(PlanMemory, SmallBatchesAreFullestWithAllGradients) {
  const auto plan = plan_of({.batch = {.row_tokens = 1, .labels = 1}});
  const std::int64_t weights = 4 * spec::num_parameters(small_model());
  EXPECT_EQ(plan.moment, "the backward's end");
  EXPECT_EQ(plan.trained, weights);
  EXPECT_EQ(plan.gradients, weights);
  EXPECT_EQ(plan.optimizer, 2 * weights);
  EXPECT_EQ(plan.workspace, 1000 * 64 * 4);  // the embedding's second gradient
  EXPECT_EQ(plan.activations, 0);
}

TEST(PlanMemory, AnEmbeddingsGradientHasTheRowsOfTheBatch) {
  auto model = small_model();
  model.tied_head = false;
  const auto gradients = [&](bool accumulates) {
    const BatchShape batch{.row_tokens = 1, .labels = 1, .own_kernels = true};
    const auto plan = plan_memory(model, held_parameters(model, small_recipe(), Storage::float32),
                                  {.batch = batch, .accumulates = accumulates});
    EXPECT_EQ(plan.workspace, 0);
    return plan.gradients;
  };
  const std::int64_t weights = 4 * spec::num_parameters(model);
  EXPECT_EQ(gradients(true), weights);
  EXPECT_EQ(gradients(false), weights - (1000 - 1) * 64 * 4);
}

/// 10 tokens through 2 of 8 experts: 3 rows or less for each.
TEST(PlanMemory, GradientsOfExpertsWithFewRowsAreThoseRows) {
  const auto model = small_model(true);
  const auto parameters = held_parameters(model, small_recipe(), Storage::float32);
  const BatchShape few{.rows = 10, .row_tokens = 1, .labels = 1, .own_kernels = true};
  const BatchShape many{.row_tokens = 400, .labels = 1, .own_kernels = true};
  const std::int64_t experts = 8 * 32 * 64, rows = 10 * (2 * 32 + 64);  // of one weight of 6
  EXPECT_EQ(plan_memory(model, parameters, {.batch = few}).gradients,
            4 * (spec::num_parameters(model) - 6 * (experts - rows)));
  const auto num_deferred = [&](const StepShape& step) {
    return std::ranges::count_if(
        parameters, [&](const HeldParameter& p) { return is_deferred(model, p, step); });
  };
  EXPECT_EQ(num_deferred({.batch = few}), 6);
  EXPECT_EQ(num_deferred({.batch = few, .accumulates = true}), 0);
  EXPECT_EQ(num_deferred({.batch = many}), 0);
  EXPECT_EQ(num_deferred({.batch = {.row_tokens = 10}}), 0) << "LibTorch's operators";
}

TEST(PlanMemory, LargeOnesWithAllActivations) {
  const auto plan = plan_of({.batch = {.row_tokens = 4000, .labels = 4000}});
  EXPECT_EQ(plan.moment, "the backward of layer 1");
  EXPECT_LT(plan.gradients, plan.trained);
  EXPECT_GT(plan.activations, plan.optimizer);
}

TEST(PlanMemory, AccumulationHoldsBoth) {
  const BatchShape batch{.row_tokens = 4000, .labels = 4000};
  const auto once = plan_of({.batch = batch});
  const auto again = plan_of({.batch = batch, .accumulates = true});
  EXPECT_EQ(again.gradients, again.trained);  // float32
  EXPECT_GT(again.total(), once.total());
}

TEST(PlanMemory, ManyChunksOfTheLossAreSummedInFloat32) {
  auto model = small_model();
  model.vocab_size = 100'000;  // the loss is the fullest moment
  const std::int64_t head = 2 * 100'000 * 64;
  const auto loss_of = [&](std::int64_t labels, std::int64_t width) {
    auto recipe = small_recipe();
    recipe.model.torch_dtype = width == 2 ? "bfloat16" : "float32";
    const BatchShape batch{
        .row_tokens = 1, .labels = labels, .compute_width = width, .own_kernels = true};
    const auto plan =
        plan_memory(model, held_parameters(model, recipe, storage_of(recipe.model.torch_dtype)),
                    {.batch = batch, .accumulates = true});
    EXPECT_EQ(plan.moment, "the loss");
    return plan.loss;
  };
  const std::int64_t chunk = 256 * 100'000 * 2;
  const std::int64_t hidden = 3 * 64 * 2;
  EXPECT_EQ(loss_of(2048, 2), hidden + head + chunk);
  EXPECT_EQ(loss_of(2049, 2), hidden + 2 * head + chunk);
  EXPECT_EQ(loss_of(2049, 4), loss_of(2048, 4));
}

TEST(PlanMemory, RecomputeKeepsInputsOnly) {
  const auto kept = plan_of({.batch = {.row_tokens = 4000, .labels = 4000}});
  const auto again =
      plan_of({.batch = {.row_tokens = 4000, .labels = 4000, .recompute = Recompute::full}});
  EXPECT_LT(again.activations, 0.7 * static_cast<double>(kept.activations));
  const auto inner =
      plan_of({.batch = {.row_tokens = 4000, .labels = 4000, .recompute = Recompute::selective}});
  EXPECT_LT(inner.activations, kept.activations);
  EXPECT_GT(inner.activations, again.activations);
}

TEST(PlanMemory, AdaptersAreAllThatIsTrained) {
  auto recipe = small_recipe();
  recipe.peft = config::Peft{.target_modules = {"q_proj"}, .dim = 4};
  const auto plan = plan_of({.batch = {.row_tokens = 10, .labels = 10}}, recipe);
  EXPECT_EQ(plan.frozen, 4 * spec::num_parameters(small_model()));
  EXPECT_EQ(plan.trained, 2 * 4 * 4 * (64 + 64));
  EXPECT_EQ(plan.optimizer, 2 * plan.trained);
}

TEST(OptimizerBytes, NarrowWeightsHaveWhatTheyLack) {
  const std::vector<HeldParameter> wide = {{.numel = 10}},
                                   narrow = {{.numel = 10, .storage = Storage::bfloat16}},
                                   half = {{.numel = 10, .storage = Storage::float16}};
  EXPECT_EQ(optimizer_bytes(wide, {}), 80);
  EXPECT_EQ(optimizer_bytes(narrow, {}), 90);
  EXPECT_EQ(optimizer_bytes(narrow, {.master_weight_bits = 32}), 100);
  EXPECT_EQ(optimizer_bytes(half, {}), 120) << "the whole weight once more";
  EXPECT_EQ(optimizer_bytes(narrow, {.amsgrad = true}), 130);
  EXPECT_EQ(optimizer_bytes(narrow, {.exp_avg_width = 2, .exp_avg_sq_width = 2}), 50);
  EXPECT_EQ(optimizer_bytes(narrow, {.exp_avg_sq_width = 2, .master_weights = false}), 60);
  EXPECT_EQ(optimizer_bytes(wide, {.master_weights = false}), 80);
  EXPECT_EQ(optimizer_bytes({{.numel = 10, .is_trained = false}}, {.amsgrad = true}), 0);
}

TEST(OptimizerShape, IsWhatTheSectionSays) {
  EXPECT_EQ(optimizer_shape({}), OptimizerShape{});
  EXPECT_EQ(
      optimizer_shape({.amsgrad = true,
                       .master_weights = false,
                       .exp_avg_dtype = "bfloat16",
                       .exp_avg_sq_dtype = "bfloat16"}),
      (OptimizerShape{
          .exp_avg_width = 2, .exp_avg_sq_width = 2, .amsgrad = true, .master_weights = false}));
}

TEST(MemoryText, NamesEveryKind) {
  EXPECT_THAT(memory_text({.frozen = 2048, .moment = "the loss"}),
              ::testing::AllOf(::testing::HasSubstr("2 KiB at the loss"),
                               ::testing::HasSubstr("frozen weights 2 KiB")));
}

}  // namespace
}  // namespace automodel::plan
