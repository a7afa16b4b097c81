#include "train/schedule.h"

#include <gtest/gtest.h>

#include "tensor/temporary_folder.h"

namespace automodel::train {
namespace {

const config::RateSchedule kSchedule{.style = config::DecayStyle::linear,
                                     .warmup_steps = 2,
                                     .decay_steps = 10,
                                     .init_lr = 0.1,
                                     .max_lr = 1,
                                     .min_lr = 0.2,
                                     .start_wd = 0.01,
                                     .end_wd = 0.02,
                                     .wd_incr_steps = 10,
                                     .wd_style = config::WeightDecayStyle::linear,
                                     .wsd_decay_steps = 3,
                                     .wsd_style = config::WsdDecayStyle::minus_sqrt};

TEST(RatesAt, BothRatesOfAStep) {
  EXPECT_NEAR(rates_at(kSchedule, 1).lr, 0.55, 1e-12);
  EXPECT_NEAR(rates_at(kSchedule, 5).weight_decay, 0.015, 1e-12);
}

TEST(Schedule, IsSavedAndRestored) {
  const testing::TemporaryFolder folder;
  auto saved = kSchedule;
  StateSaver saver;
  visit(saved, saver);
  saver.finish(folder.path());
  config::RateSchedule back;
  StateRestorer restorer(folder.path());
  visit(back, restorer);
  restorer.finish();
  EXPECT_EQ(back, kSchedule);
}

}  // namespace
}  // namespace automodel::train
