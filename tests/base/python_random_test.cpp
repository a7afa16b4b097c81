#include "base/python_random.h"

#include <gtest/gtest.h>

namespace automodel {
namespace {

// What Python 3 prints for random.seed(SEED); random.random(); random.random();
// random.gauss(20.0, 6.0), three times; random.choices(range(98), k=5).
TEST(PythonRandom, IsPythons) {
  PythonRandom random(0);
  EXPECT_DOUBLE_EQ(random.uniform(), 0.8444218515250481);
  EXPECT_DOUBLE_EQ(random.uniform(), 0.7579544029403025);
  EXPECT_DOUBLE_EQ(random.gauss(20, 6), 15.921713311529473);
  EXPECT_DOUBLE_EQ(random.gauss(20, 6), 22.22302140476396);
  EXPECT_DOUBLE_EQ(random.gauss(20, 6), 13.901906634871574);
  for (const std::size_t choice : {76, 29, 46, 57, 88}) {
    EXPECT_EQ(random.choose(98), choice);
  }
}

// random.Random(9): five of randrange(1022), two of randrange(2**32 - 5), randrange(1), random().
TEST(PythonRandom, BelowALimit) {
  PythonRandom random(9);
  for (const std::uint32_t number : {474U, 627U, 382U, 273U, 141U}) {
    EXPECT_EQ(random.below(1022), number);
  }
  for (const std::uint32_t number : {799486471U, 3721854805U}) {
    EXPECT_EQ(random.below(4294967291), number);
  }
  EXPECT_EQ(random.below(1), 0U);
  EXPECT_DOUBLE_EQ(random.uniform(), 0.33832551168488023);
}

TEST(PythonRandom, SeedsOfOneAndTwoWords) {
  EXPECT_DOUBLE_EQ(PythonRandom(5).uniform(), 0.6229016948897019);
  EXPECT_DOUBLE_EQ(PythonRandom((std::uint64_t{1} << 40) + 3).uniform(), 0.21978710637116716);
}

TEST(PythonRandom, GoesOnAfterItsStateIsUsedUp) {
  PythonRandom random(7);
  double last = 0;
  for (int i = 0; i < 700; ++i) {
    last = random.uniform();
  }
  EXPECT_DOUBLE_EQ(last, 0.034097423373332436);
}

}  // namespace
}  // namespace automodel
