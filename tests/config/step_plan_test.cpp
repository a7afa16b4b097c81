#include "config/step_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"

namespace automodel::config {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(Batches, Accumulation) {
  StepScheduler s{.global_batch_size = 32, .local_batch_size = 4};
  EXPECT_EQ(accumulation_steps(s, 1), 8);
  EXPECT_EQ(accumulation_steps(s, 4), 2);
  EXPECT_THROW(accumulation_steps(s, 3), Error);
}

TEST(Batches, RowsOfAMicroBatch) {
  Recipe recipe{.step_scheduler = {.global_batch_size = 32, .local_batch_size = 8}};
  recipe.dataloader.batch_size = 4;
  EXPECT_EQ(micro_batch_rows(recipe), 4);
  recipe.dataloader.batch_size.reset();
  EXPECT_EQ(micro_batch_rows(recipe), 8);
  recipe.dataset.keys["batch_size"] = 1;
  EXPECT_EQ(micro_batch_rows(recipe), 1);
  recipe.is_benchmark = true;
  EXPECT_EQ(micro_batch_rows(recipe), 8) << "the benchmark sets it";
}

struct Length {
  std::optional<std::int64_t> num_epochs;
  std::optional<std::int64_t> max_steps;
  std::optional<std::int64_t> epoch_len;
  std::int64_t epochs;
  std::int64_t end;
};

TEST(StepPlan, LengthOfTheRun) {
  const std::vector<Length> table = {
      {10, {}, 7, 10, 70},    // num_epochs alone
      {10, 1000, 7, 10, 70},  // absent num_epochs is 10 and ends a longer max_steps
      {10, 20, 7, 10, 20},    // max_steps ends first
      {{}, 20, 7, 3, 20},     // explicit null: as many epochs as max_steps needs
      {{}, {}, 7, 10, 70},    // both null
      {10, 20, {}, 10, 20},   // no length
      {{}, 20, {}, 10, 20},
  };
  for (const Length& row : table) {
    const StepPlan plan =
        plan_steps({.num_epochs = row.num_epochs, .max_steps = row.max_steps}, row.epoch_len);
    EXPECT_EQ(plan.num_epochs, row.epochs);
    EXPECT_EQ(plan.end_step, row.end);
    EXPECT_TRUE(plan.is_last_step(row.end - 1));
    EXPECT_FALSE(plan.is_last_step(row.end - 2));
  }
}

TEST(StepPlan, NeedsALength) {
  EXPECT_THROW(plan_steps({}, std::nullopt), Error);
  EXPECT_THROW(plan_steps({}, 0), Error);
}

std::vector<std::int64_t> steps_where(const StepPlan& plan,
                                      bool (StepPlan::*due)(std::int64_t) const) {
  std::vector<std::int64_t> out;
  for (std::int64_t step = 0; step < plan.end_step; ++step) {
    if ((plan.*due)(step)) {
      out.push_back(step);
    }
  }
  return out;
}

TEST(StepPlan, CheckpointsAndValidations) {
  StepScheduler s{.num_epochs = 2, .ckpt_every_steps = 4};
  EXPECT_THAT(steps_where(plan_steps(s, 5), &StepPlan::is_checkpoint_due), ElementsAre(3, 4, 7, 9));
  s.save_checkpoint_every_epoch = false;
  EXPECT_THAT(steps_where(plan_steps(s, 5), &StepPlan::is_checkpoint_due), ElementsAre(3, 7, 9));
  EXPECT_THAT(steps_where(plan_steps(s, 5), &StepPlan::is_validation_due), ElementsAre(3, 7, 9));
  s.val_every_steps = 3;
  EXPECT_THAT(steps_where(plan_steps(s, 5), &StepPlan::is_validation_due),
              ElementsAre(2, 3, 5, 7, 8, 9));
  EXPECT_THAT(steps_where(plan_steps(s, 5), &StepPlan::is_epoch_end), ElementsAre(4, 9));
}

TEST(StepPlan, CheckpointEveryNull) {
  EXPECT_EQ(plan_steps({.ckpt_every_steps = {}}, 5).ckpt_every_steps, 5);
  EXPECT_EQ(plan_steps({.max_steps = 9, .ckpt_every_steps = {}}, std::nullopt).ckpt_every_steps, 4);
  EXPECT_EQ(plan_steps({.max_steps = 1, .ckpt_every_steps = {}}, std::nullopt).ckpt_every_steps, 1);
}

TEST(StepPlan, StartCountersShiftTheEpochs) {
  const StepPlan plan = plan_steps({.num_epochs = 3, .start_step = 100, .start_epoch = 1}, 10);
  EXPECT_EQ(plan.end_step, 120);
  EXPECT_TRUE(plan.is_epoch_end(109));
}

Recipe recipe_with(LrScheduler scheduler) {
  Recipe recipe;
  recipe.optimizer.lr = 1;
  recipe.optimizer.weight_decay = 0.5;
  recipe.lr_scheduler = scheduler;
  return recipe;
}

TEST(StepPlan, TheRestOfARunIsItsPlan) {
  const StepScheduler s{.num_epochs = 2, .max_steps = {}};
  EXPECT_EQ(plan_rest(s, 5, 0, 0, 5), plan_steps(s, 5));
  EXPECT_EQ(plan_rest(s, 5, 7, 1, 3), plan_steps(s, 5));
  EXPECT_EQ(plan_rest(s, 5, 5, 0, 0), plan_steps(s, 5)) << "an epoch's end";
}

/// 18 rows: an epoch of 9 steps of 2, then steps of 6; or 3 steps of 6, then 2.
TEST(StepPlan, OtherBatchesChangeNoNumberOfEpochs) {
  const StepScheduler s{.num_epochs = 2, .max_steps = {}};
  const StepScheduler endless{.max_steps = 27};  // as many epochs as that takes
  EXPECT_EQ(plan_rest(endless, 9, 16, 3, 6).end_step, 27) << "earlier epochs were shorter";
  const auto larger = plan_rest(s, 3, 9, 1, 3);
  EXPECT_EQ(larger.end_step, 12);
  EXPECT_TRUE(larger.is_epoch_end(11));
  const auto smaller = plan_rest(s, 9, 2, 0, 3);  // 12 of 18 rows are used up
  EXPECT_EQ(smaller.end_step, 2 + 3 + 9);
  EXPECT_TRUE(smaller.is_epoch_end(4));
  EXPECT_FALSE(smaller.is_epoch_end(8));
}

TEST(Rates, DefaultsFollowFromLengthAndLr) {
  const RateSchedule r = plan_rates(recipe_with({}), 500);
  EXPECT_EQ(r.warmup_steps, 50);
  EXPECT_EQ(r.decay_steps, 500);
  EXPECT_EQ(r.init_lr, 0.1);
  EXPECT_EQ(r.max_lr, 1);
  EXPECT_EQ(r.min_lr, 0.01);
  EXPECT_EQ(r.weight_decay_at(3), 0.5);
  EXPECT_EQ(plan_rates(recipe_with({}), 50000).warmup_steps, 1000);
}

TEST(Rates, AbsentSchedulerIsConstant) {
  Recipe recipe;
  recipe.optimizer.lr = 0.25;
  const RateSchedule r = plan_rates(recipe, 10);
  for (const std::int64_t n : {0, 1, 10, 1000}) {
    EXPECT_EQ(r.lr_at(n), 0.25);
    EXPECT_EQ(r.weight_decay_at(n), 0.01);
  }
}

TEST(Rates, WarmUpThenEachShape) {
  LrScheduler s{.lr_warmup_steps = 10, .lr_decay_steps = 110, .init_lr = 0, .min_lr = 0.2};
  const auto at = [&](DecayStyle style, std::int64_t n) {
    s.lr_decay_style = style;
    s.wsd_decay_steps = 20;
    return plan_rates(recipe_with(s), 110).lr_at(n);
  };
  for (const auto style :
       {DecayStyle::constant, DecayStyle::linear, DecayStyle::cosine, DecayStyle::wsd}) {
    EXPECT_EQ(at(style, 0), 0);
    EXPECT_DOUBLE_EQ(at(style, 5), 0.5);
    EXPECT_DOUBLE_EQ(at(style, 10), 1);
  }
  EXPECT_EQ(at(DecayStyle::constant, 5000), 1);
  EXPECT_DOUBLE_EQ(at(DecayStyle::linear, 60), 0.6);
  EXPECT_DOUBLE_EQ(at(DecayStyle::cosine, 60), 0.6);
  EXPECT_DOUBLE_EQ(at(DecayStyle::cosine, 35), 0.2 + 0.8 * 0.5 * (1 + std::sqrt(0.5)));
  EXPECT_DOUBLE_EQ(at(DecayStyle::inverse_square_root, 40), 0.5);
  EXPECT_DOUBLE_EQ(at(DecayStyle::inverse_square_root, 109), std::max(0.2, std::sqrt(10.0 / 109)));
  EXPECT_EQ(at(DecayStyle::wsd, 90), 1);
  EXPECT_DOUBLE_EQ(at(DecayStyle::wsd, 100), 0.6);
  for (const auto style :
       {DecayStyle::linear, DecayStyle::cosine, DecayStyle::wsd, DecayStyle::inverse_square_root}) {
    EXPECT_EQ(at(style, 111), 0.2);
  }
}

TEST(Rates, WsdShapes) {
  LrScheduler s{.lr_decay_style = DecayStyle::wsd,
                .lr_warmup_steps = 0,
                .lr_decay_steps = 100,
                .init_lr = 0,
                .min_lr = 0,
                .wsd_decay_steps = 100};
  const auto at = [&](WsdDecayStyle style) {
    s.lr_wsd_decay_style = style;
    return plan_rates(recipe_with(s), 100).lr_at(25);
  };
  EXPECT_DOUBLE_EQ(at(WsdDecayStyle::linear), 0.75);
  EXPECT_DOUBLE_EQ(at(WsdDecayStyle::cosine), 0.5 * (1 + std::sqrt(0.5)));
  EXPECT_DOUBLE_EQ(at(WsdDecayStyle::exponential), 2 * std::pow(0.5, 0.25) - 1);
  EXPECT_DOUBLE_EQ(at(WsdDecayStyle::minus_sqrt), 0.5);
}

TEST(Rates, WeightDecayGrows) {
  LrScheduler s{
      .start_wd = 0, .end_wd = 1, .wd_incr_steps = 100, .wd_incr_style = WeightDecayStyle::linear};
  EXPECT_DOUBLE_EQ(plan_rates(recipe_with(s), 100).weight_decay_at(25), 0.25);
  s.wd_incr_style = WeightDecayStyle::cosine;
  EXPECT_DOUBLE_EQ(plan_rates(recipe_with(s), 100).weight_decay_at(50), 0.5);
  EXPECT_EQ(plan_rates(recipe_with(s), 100).weight_decay_at(101), 1);
}

TEST(Rates, ContradictionsAreErrors) {
  EXPECT_THROW(plan_rates(recipe_with({.lr_warmup_steps = 10}), 10), Error);
  EXPECT_THROW(plan_rates(recipe_with({.min_lr = 2}), 100), Error);
  EXPECT_THROW(plan_rates(recipe_with({.init_lr = 2}), 100), Error);
  EXPECT_THROW(plan_rates(recipe_with({.start_wd = 2}), 100), Error);
  LrScheduler wsd{.lr_decay_style = DecayStyle::wsd, .lr_warmup_steps = 10, .wsd_decay_steps = 90};
  EXPECT_EQ(plan_rates(recipe_with(wsd), 100).wsd_decay_steps, 90);
  wsd.wsd_decay_steps = 91;
  EXPECT_THROW(plan_rates(recipe_with(wsd), 100), Error);
}

TEST(Unreached, SaysWhatTheRunIsTooShortFor) {
  Recipe recipe = recipe_with({.lr_decay_steps = 500});
  recipe.step_scheduler = {.num_epochs = 2, .max_steps = 1000, .val_every_steps = 30};
  const auto lines = find_unreached(recipe, plan_steps(recipe.step_scheduler, 10));
  EXPECT_THAT(lines,
              ElementsAre(HasSubstr("max_steps 1000 is never reached: 2 epochs are 20 steps"),
                          HasSubstr("lr_decay_steps 500"), HasSubstr("val_every_steps 30")));
  EXPECT_TRUE(find_unreached(Recipe(), plan_steps({}, 10)).empty());
  recipe = recipe_with({.lr_warmup_steps = 10, .lr_decay_steps = 20});
  recipe.step_scheduler = {.max_steps = 10};
  EXPECT_THAT(find_unreached(recipe, plan_steps(recipe.step_scheduler, 10)),
              ElementsAre(HasSubstr("the learning rate never reaches max_lr")));
}

}  // namespace
}  // namespace automodel::config
