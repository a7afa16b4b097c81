#include <gtest/gtest.h>

#include "tests/text/jinja/rendering.h"

namespace automodel::text::jinja {
namespace {

TEST(NumberFilters, Int) {
  expect_texts({
      {"'42'|int", "42"},
      {"' 4_2 '|int", "42"},
      {"'4.7'|int", "4"},
      {"'abc'|int", "0"},
      {"'abc'|int(9)", "9"},
      {"'0x1f'|int(0, 16)", "31"},
      {"'0b101'|int(base=0)", "5"},
      {"'1e3'|int", "1000"},
      {"none|int", "0"},
      {"[]|int(7)", "7"},
      {"-4.9|int", "-4"},
      {"true|int", "1"},
      {"'-7'|int", "-7"},
      {"('nan'|float)|int", "0"},
      {"'1'|int(base=1)", "1"},
  });
}

TEST(NumberFilters, Float) {
  expect_texts({
      {"'3.5'|float", "3.5"},
      {"'x'|float", "0.0"},
      {"'x'|float(1.5)", "1.5"},
      {"7|float", "7.0"},
      {"'inf'|float", "inf"},
      {"none|float(2)", "2"},
      {"'1_0.5'|float", "10.5"},
      {"' 1e2 '|float", "100.0"},
  });
}

TEST(NumberFilters, Round) {
  expect_texts({
      {"2.5|round", "2.0"},
      {"3.5|round", "4.0"},
      {"2.675|round(2)", "2.67"},
      {"2.567|round(1, 'ceil')", "2.6"},
      {"2.567|round(1, 'floor')", "2.5"},
      {"15|round(-1)", "20"},
      {"25|round(-1)", "20"},
      {"5|round", "5"},
      {"-2.5|round", "-2.0"},
      {"1234.5|round(-2)", "1200.0"},
      {"42.55|round|int", "43"},
      {"3|round(1, 'ceil')", "3.0"},
      {"true|round", "1"},
  });
}

TEST(NumberFilters, Abs) {
  expect_texts({
      {"-5|abs", "5"},
      {"-5.5|abs", "5.5"},
      {"true|abs", "1"},
  });
}

TEST(NumberFilters, Errors) {
  expect_errors({
      {"'a'|abs", "bad operand type for abs(): 'str'"},
      {"none|round", "type NoneType doesn't define __round__ method"},
      {"'a'|round", "type str doesn't define __round__ method"},
      {"1.5|round(1, 'up')", "method must be common, ceil or floor"},
      {"undefined_name|int", "'undefined_name' is undefined"},
      {"('inf'|float)|int", "cannot convert float infinity to integer"},
      {"undefined_name|float", "'undefined_name' is undefined"},
      {"undefined_name|abs", "bad operand type for abs(): 'Undefined'"},
  });
}

}  // namespace
}  // namespace automodel::text::jinja
