#include "plan/changes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/plan/small_model.h"

namespace automodel::plan {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

CostOptions with_memory(std::int64_t bytes) {
  return {.machine = {.devices = 1,
                      .memory_bytes = static_cast<std::uint64_t>(bytes),
                      .flops = 1e12,
                      .bandwidth = 1e12},
          .row_tokens = 4000};
}

std::int64_t total(const config::Recipe& recipe) {
  return cost_of(recipe, small_model(), with_memory(0)).memory.total();
}

TEST(CheapestChanges, SmallerBatchesCostNothing) {
  auto recipe = small_recipe();
  const auto whole = total(recipe);
  const auto changes = cheapest_changes(recipe, small_model(), with_memory(whole - 1));
  ASSERT_EQ(changes.size(), 3U);
  EXPECT_THAT(changes[0].overrides, ElementsAre("--step_scheduler.local_batch_size=2"));
  EXPECT_THAT(changes[0].effect, IsEmpty());
  for (const auto& change : changes) {
    EXPECT_LT(change.cost.memory.total(), whole);
  }
}

TEST(CheapestChanges, ABatchOfTheLoaderIsMadeSmallerThere) {
  auto recipe = small_recipe();
  recipe.dataloader.batch_size = 4;
  recipe.dataloader.names_batch_size = true;
  recipe.step_scheduler.local_batch_size = 1;
  const auto changes = cheapest_changes(recipe, small_model(), with_memory(total(recipe) - 1));
  ASSERT_FALSE(changes.empty());
  EXPECT_THAT(changes[0].overrides,
              ElementsAre("--step_scheduler.local_batch_size=2 --dataloader.batch_size=2"));
}

TEST(CheapestChanges, WhatChangesTheModelComesLast) {
  auto recipe = small_recipe();
  recipe.step_scheduler.local_batch_size = recipe.dataloader.batch_size.emplace(1);
  const auto changes = cheapest_changes(recipe, small_model(), with_memory(total(recipe) - 1));
  ASSERT_FALSE(changes.empty());
  EXPECT_THAT(changes[0].overrides,
              ElementsAre("--distributed.activation_checkpointing=selective"));
  EXPECT_LT(changes[0].cost.flops / cost_of(recipe, small_model(), with_memory(0)).flops, 4. / 3);
  ASSERT_GT(changes.size(), 1U);
  EXPECT_THAT(changes[1].overrides, ElementsAre("--distributed.activation_checkpointing=full"));
  EXPECT_NEAR(changes[1].cost.flops / cost_of(recipe, small_model(), with_memory(0)).flops, 4. / 3,
              1e-9);
}

TEST(CheapestChanges, NarrowerWeightsCountAlsoWhereTheModelsAreKnown) {
  auto recipe = small_recipe();
  recipe.model.torch_dtype = "auto";
  recipe.step_scheduler.local_batch_size = recipe.dataloader.batch_size.emplace(1);
  recipe.distributed.activation_checkpointing = Recompute::full;
  auto options = with_memory(0);
  options.storage = Storage::float32;
  options.machine.memory_bytes =
      static_cast<std::uint64_t>(cost_of(recipe, small_model(), options).memory.total() - 1);
  const auto proposes = [&](const std::string& override) {
    const auto changes = cheapest_changes(recipe, small_model(), options);
    return std::ranges::any_of(changes, [&](const Change& change) {
      return change.overrides == std::vector<std::string>{override};
    });
  };
  EXPECT_TRUE(proposes("--model.torch_dtype=bfloat16"));
}

TEST(CheapestChanges, RoundsBfloat16WeightsBeforeItTrainsAdapters) {
  auto recipe = small_recipe();
  recipe.step_scheduler.local_batch_size = recipe.dataloader.batch_size.emplace(1);
  recipe.distributed.activation_checkpointing = Recompute::full;
  recipe.model.torch_dtype = "bfloat16";
  recipe.optimizer.exp_avg_dtype = recipe.optimizer.exp_avg_sq_dtype = "bfloat16";
  const auto changes = cheapest_changes(recipe, small_model(), with_memory(total(recipe) - 1));
  ASSERT_GT(changes.size(), 1U);
  EXPECT_THAT(changes[0].overrides, ElementsAre("--optimizer.master_weights=false"));
  EXPECT_EQ(total(recipe) - changes[0].cost.memory.total(), spec::num_parameters(small_model()));
}

TEST(CheapestChanges, NoneIfNothingHelps) {
  EXPECT_THAT(cheapest_changes(small_recipe(), small_model(), with_memory(1000)), IsEmpty());
}

}  // namespace
}  // namespace automodel::plan
