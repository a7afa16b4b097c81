#include "train/schedule.h"

#include <gmock/gmock.h>

#include <cmath>

#include "base/error.h"
#include "tensor/temporary_folder.h"

namespace automodel::train {
namespace {

using config::DecayStyle;
using config::WsdDecayStyle;
using ::testing::HasSubstr;

const config::Optimizer kOptimizer{.lr = 1.0, .weight_decay = 0.1};

Schedule ten_steps(config::LrScheduler section) { return make_schedule(section, kOptimizer, 10); }

/// Warm-up over 2 steps from 0.1 to 1, then down to 0.2 at step 10.
Schedule styled(DecayStyle style) {
  return ten_steps({.lr_decay_style = style, .lr_warmup_steps = 2, .min_lr = 0.2});
}

struct Row {
  std::int64_t step;
  double lr;
};

void expect_rates(const Schedule& schedule, const std::vector<Row>& rows) {
  for (const auto& row : rows) {
    EXPECT_NEAR(rates_at(schedule, row.step).lr, row.lr, 1e-12) << "after " << row.step << " steps";
  }
}

TEST(Schedule, AbsentMeansConstant) {
  const auto schedule = make_schedule(std::nullopt, kOptimizer, 10);
  for (const std::int64_t step : {0, 1, 9, 100}) {
    EXPECT_EQ(rates_at(schedule, step), (StepRates{.lr = 1.0, .weight_decay = 0.1}));
  }
}

TEST(Schedule, Defaults) {
  const auto schedule = make_schedule(config::LrScheduler{}, kOptimizer, 200);
  EXPECT_EQ(schedule.decay_style, DecayStyle::cosine);
  EXPECT_EQ(schedule.warmup_steps, 20);
  EXPECT_EQ(schedule.decay_steps, 200);
  EXPECT_EQ(schedule.init_lr, 0.1);
  EXPECT_EQ(schedule.min_lr, 0.01);
  EXPECT_EQ(make_schedule(config::LrScheduler{}, kOptimizer, 50000).warmup_steps, 1000);
}

TEST(Schedule, Constant) {
  expect_rates(styled(DecayStyle::constant), {{0, 0.1}, {1, 0.55}, {2, 1}, {3, 1}, {99, 1}});
}

TEST(Schedule, Linear) {
  expect_rates(styled(DecayStyle::linear),
               {{0, 0.1}, {1, 0.55}, {2, 1}, {6, 0.6}, {10, 0.2}, {11, 0.2}});
}

TEST(Schedule, Cosine) {
  expect_rates(styled(DecayStyle::cosine),
               {{2, 1}, {4, 0.2 + 0.8 * 0.5 * (1 + std::sqrt(0.5))}, {6, 0.6}, {10, 0.2}});
}

TEST(Schedule, InverseSquareRoot) {
  expect_rates(styled(DecayStyle::inverse_square_root),
               {{2, 1}, {4, std::sqrt(0.5)}, {8, 0.5}, {10, std::sqrt(0.2)}, {11, 0.2}});
}

Schedule wsd(WsdDecayStyle style) {
  return ten_steps({.lr_decay_style = DecayStyle::wsd,
                    .lr_warmup_steps = 2,
                    .min_lr = 0,
                    .wsd_decay_steps = 4,
                    .lr_wsd_decay_style = style});
}

TEST(Schedule, WarmupStableDecay) {
  expect_rates(wsd(WsdDecayStyle::linear), {{1, 0.55}, {3, 1}, {6, 1}, {7, 0.75}, {10, 0}});
  expect_rates(wsd(WsdDecayStyle::cosine), {{6, 1}, {8, 0.5}, {10, 0}});
  expect_rates(wsd(WsdDecayStyle::exponential), {{8, 2 * std::sqrt(0.5) - 1}, {10, 0}});
  expect_rates(wsd(WsdDecayStyle::minus_sqrt), {{7, 0.5}, {10, 0}});
}

TEST(Schedule, WithoutWarmupStartsAtTheTop) {
  expect_rates(ten_steps({.lr_decay_style = DecayStyle::linear, .lr_warmup_steps = 0, .min_lr = 0}),
               {{0, 1}, {5, 0.5}});
}

TEST(Schedule, WeightDecayRises) {
  const auto rising = [](config::WeightDecayStyle style) {
    return ten_steps({.start_wd = 0.0, .end_wd = 0.4, .wd_incr_steps = 4, .wd_incr_style = style});
  };
  const auto linear = rising(config::WeightDecayStyle::linear);
  EXPECT_DOUBLE_EQ(rates_at(linear, 1).weight_decay, 0.1);
  EXPECT_DOUBLE_EQ(rates_at(linear, 5).weight_decay, 0.4);
  const auto cosine = rising(config::WeightDecayStyle::cosine);
  EXPECT_NEAR(rates_at(cosine, 1).weight_decay, 0.2 * (1 - std::sqrt(0.5)), 1e-12);
  EXPECT_NEAR(rates_at(cosine, 2).weight_decay, 0.2, 1e-12);
}

TEST(Schedule, IsSavedAndRestored) {
  const testing::TemporaryFolder folder;
  auto saved = wsd(WsdDecayStyle::minus_sqrt);
  StateSaver saver;
  saved.visit(saver);
  saver.finish(folder.path());
  Schedule back;
  StateRestorer restorer(folder.path());
  back.visit(restorer);
  EXPECT_EQ(back, saved);
}

std::string message(const config::LrScheduler& section) {
  try {
    ten_steps(section);
  } catch (const Error& error) {
    return error.message();
  }
  return "no error";
}

TEST(Schedule, RefusesWhatUpstreamAsserts) {
  EXPECT_THAT(message({.min_lr = 2.0}), HasSubstr("min_lr is 2; it must be 0 to max_lr (1)"));
  EXPECT_THAT(message({.init_lr = 2.0}), HasSubstr("init_lr is 2; it must not exceed max_lr (1)"));
  EXPECT_THAT(message({.lr_warmup_steps = 10}), HasSubstr("10 warm-up steps leave nothing of 10"));
  EXPECT_THAT(message({.start_wd = 0.5}), HasSubstr("start_wd is 0.5; it must be 0 to end_wd"));
  EXPECT_THAT(message({.end_wd = 0.5}), HasSubstr("start_wd 0.1 and end_wd 0.5 differ"));
  EXPECT_THAT(message({.lr_decay_style = DecayStyle::wsd}), HasSubstr("WSD needs wsd_decay_steps"));
  EXPECT_THAT(message({.lr_decay_style = DecayStyle::wsd,
                       .wsd_decay_steps = 11,
                       .lr_wsd_decay_style = WsdDecayStyle::linear}),
              HasSubstr("wsd_decay_steps is 11; it must be 1 to lr_decay_steps (10)"));
}

}  // namespace
}  // namespace automodel::train
