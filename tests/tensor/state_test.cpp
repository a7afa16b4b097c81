#include "tensor/state.h"

#include <gmock/gmock.h>

#include <cmath>

#include "base/error.h"
#include "tensor/temporary_folder.h"

namespace automodel {
namespace {

struct State {
  Tensor moment = at::zeros({2, 3});
  std::int64_t step = 0;
  double rate = 0;
  std::string name;

  void visit(StateVisitor& visitor) {
    visitor.tensor("moment", moment);
    visitor.integer("step", step);
    visitor.number("rate", rate);
    visitor.text("name", name);
  }
};

class StateTest : public ::testing::Test {
 protected:
  void save(State state) {
    StateSaver saver;
    state.visit(saver);
    saver.finish(folder_.path());
  }
  State restore() {
    State state;
    StateRestorer restorer(folder_.path());
    state.visit(restorer);
    restorer.finish();
    return state;
  }
  template <typename Read>
  std::string message(const Read& read) {
    try {
      StateRestorer restorer(folder_.path());
      read(restorer);
    } catch (const Error& error) {
      return error.message();
    }
    return "no error";
  }

  testing::TemporaryFolder folder_;
};

TEST_F(StateTest, ComesBackBitForBit) {
  const State saved{.moment = at::randn({2, 3}), .step = 7, .rate = 0.1 + 0.2, .name = "cosine"};
  save(saved);
  const State back = restore();
  EXPECT_TRUE(at::equal(back.moment, saved.moment));
  EXPECT_EQ(back.step, 7);
  EXPECT_EQ(back.rate, 0.1 + 0.2);
  EXPECT_EQ(back.name, "cosine");
}

TEST_F(StateTest, KeepsNumbersThatJsonLacks) {
  for (const double rate : {std::nan(""), HUGE_VAL, -HUGE_VAL, -0.0, 5e-324}) {
    save({.rate = rate});
    const double back = restore().rate;
    EXPECT_TRUE(back == rate || (std::isnan(back) && std::isnan(rate))) << rate;
    EXPECT_EQ(std::signbit(back), std::signbit(rate)) << rate;
  }
}

TEST_F(StateTest, RestoringCopiesIntoTheTensorThatIsThere) {
  save({.moment = at::ones({2, 3})});
  const Tensor moment = at::zeros({2, 3}).requires_grad_(true);
  StateRestorer(folder_.path()).tensor("moment", moment);
  EXPECT_TRUE(at::equal(moment.detach(), at::ones({2, 3})));
}

TEST_F(StateTest, WhatIsMissingOrOfAnotherKindIsAnError) {
  save({});
  EXPECT_EQ(message([](auto& r) { r.tensor("other", at::zeros({1})); }),
            "the saved state in " + folder_.path().string() +
                " has no tensor other, which this run needs");
  EXPECT_THAT(message([](auto& r) { r.tensor("moment", at::zeros({2, 2})); }),
              ::testing::HasSubstr("moment as float32 [2, 3], this run needs float32 [2, 2]"));
  std::int64_t integer = 0;
  EXPECT_THAT(message([&](auto& r) { r.integer("rate", integer); }),
              ::testing::HasSubstr("has no integer named rate"));
}

TEST_F(StateTest, WhatNobodyAskedForIsAnError) {
  save({});
  EXPECT_THAT(message([](auto& r) { r.finish(); }),
              ::testing::HasSubstr("was it saved with another"));
}

TEST_F(StateTest, ANameTwiceIsAnError) {
  StateSaver saver;
  std::int64_t value = 1;
  saver.integer("step", value);
  EXPECT_THROW(saver.integer("step", value), Error);
}

}  // namespace
}  // namespace automodel
