#include <gtest/gtest.h>

#include "tests/text/jinja/rendering.h"

namespace automodel::text::jinja {
namespace {

TEST(Arithmetic, Integers) {
  expect_texts({
      {"7 // 2", "3"},
      {"-7 // 2", "-4"},
      {"7 // -2", "-4"},
      {"-7 % 3", "2"},
      {"7 % -3", "-2"},
      {"-7 // -1", "7"},
      {"2 ** 10", "1024"},
      {"2 ** -1", "0.5"},
      {"0 ** 0", "1"},
      {"3 - 5", "-2"},
      {"true + true", "2"},
      {"- -3", "3"},
      {"+true", "1"},
      {"2 ** 3 ** 2", "64"},
  });
}

TEST(Arithmetic, Floats) {
  expect_texts({
      {"1 / 3", "0.3333333333333333"},
      {"7 / 2", "3.5"},
      {"4 / 2", "2.0"},
      {"5.0 // 2", "2.0"},
      {"-5.5 % 2", "0.5"},
      {"5.5 // -2", "-3.0"},
      {"5.5 % -2", "-0.5"},
      {"0.1 + 0.2", "0.30000000000000004"},
      {"2 ** 0.5", "1.4142135623730951"},
      {"1e308 * 10", "inf"},
      {"2.5 * 2", "5.0"},
      {"-0.0", "-0.0"},
      {"0.0 * -1", "-0.0"},
  });
}

TEST(Arithmetic, MixedComparisons) {
  expect_texts({
      {"1 == 1.0", "True"},
      {"true == 1", "True"},
      {"1 < 1.5", "True"},
      {"9007199254740993 == 9007199254740992.0", "False"},
      {"9007199254740993 > 9007199254740992.0", "True"},
      {"2 >= 2.0", "True"},
      {"('nan'|float) == ('nan'|float)", "False"},
      {"('nan'|float) < 1", "False"},
  });
}

TEST(Arithmetic, Errors) {
  expect_errors({
      {"(-1) ** 0.5", "complex numbers are not supported: -1 ** 0.5"},
      {"9223372036854775807 + 1",
       "the integer result of + does not fit 64 bits; templates here have no larger ones"},
      {"-9223372036854775807 - 2",
       "the integer result of - does not fit 64 bits; templates here have no larger ones"},
      {"3 ** 50",
       "the integer result of ** does not fit 64 bits; templates here have no larger ones"},
      {"1 / 0", "division by zero"},
      {"1 // 0", "integer division or modulo by zero"},
      {"1 % 0", "integer modulo by zero"},
      {"1.0 / 0", "float division by zero"},
      {"1.0 // 0", "float floor division by zero"},
      {"1.0 % 0", "float modulo"},
      {"0 ** -1", "0.0 cannot be raised to a negative power"},
  });
}

}  // namespace
}  // namespace automodel::text::jinja
