#include <gtest/gtest.h>

#include "tests/text/jinja/rendering.h"

namespace automodel::text::jinja {
namespace {

TEST(Tests, Types) {
  expect_texts({
      {"undefined_name is defined", "False"},
      {"none is none", "True"},
      {"1 is number", "True"},
      {"true is number", "True"},
      {"1.5 is float", "True"},
      {"1 is integer", "True"},
      {"true is integer", "False"},
      {"true is boolean", "True"},
      {"'a' is string", "True"},
      {"('a'|safe) is string", "True"},
      {"{} is mapping", "True"},
      {"[] is mapping", "False"},
      {"[] is sequence", "True"},
      {"{} is sequence", "True"},
      {"{}.keys() is sequence", "False"},
      {"undefined_name is sequence", "True"},
      {"range(2) is sequence", "True"},
      {"1 is iterable", "False"},
      {"'a' is iterable", "True"},
      {"undefined_name is iterable", "True"},
      {"none is iterable", "False"},
      {"range is callable", "True"},
      {"1 is callable", "False"},
      {"undefined_name is callable", "True"},
      {"'a'.upper is callable", "True"},
      {"1 is true", "False"},
      {"true is true", "True"},
      {"false is false", "True"},
  });
}

TEST(Tests, Values) {
  expect_texts({
      {"3 is odd", "True"},
      {"-3 is odd", "True"},
      {"2 is even", "True"},
      {"4 is divisibleby 2", "True"},
      {"4 is divisibleby(3)", "False"},
      {"1.0 is odd", "True"},
      {"'A' is upper", "True"},
      {"'a' is lower", "True"},
      {"1 is lower", "False"},
      {"('x'|safe) is escaped", "True"},
      {"1 is sameas 1", "True"},
      {"true is sameas 1", "False"},
      {"none is sameas none", "True"},
  });
}

TEST(Tests, Comparisons) {
  expect_texts({
      {"1 is eq 1", "True"},
      {"1 is equalto(1.0)", "True"},
      {"1 is ne 2", "True"},
      {"3 is lt 5", "True"},
      {"3 is le 3", "True"},
      {"3 is gt 5", "False"},
      {"3 is ge 3", "True"},
      {"3 is greaterthan 2", "True"},
      {"3 is lessthan 2", "False"},
      {"1 is in [1]", "True"},
      {"'a' is in 'abc'", "True"},
      {"1 is not in [2]", "True"},
  });
}

TEST(Tests, Names) {
  expect_texts({
      {"'upper' is filter", "True"},
      {"'nope' is filter", "False"},
      {"'odd' is test", "True"},
      {"'nope' is test", "False"},
      {"1 is filter", "False"},
  });
}

TEST(Tests, Errors) {
  expect_errors({
      {"'a' is odd", "not all arguments converted during string formatting"},
      {"none is even", "unsupported operand type(s) for %: 'NoneType' and 'int'"},
      {"1 is divisibleby 0", "integer modulo by zero"},
      {"1 is nope", "test:1: No test named 'nope'."},
      {"1 is lt 'a'", "'<' not supported between instances of 'int' and 'str'"},
      {"1 is in 1", "argument of type 'int' is not iterable"},
      {"[1] is filter", "unhashable type: 'list'"},
      {"1 is odd(2)", "odd() takes at most 0 arguments (1 given)"},
      {"1 is divisibleby", "divisibleby() missing required argument: 'num'"},
      {"undefined_name is odd", "'undefined_name' is undefined"},
  });
}

}  // namespace
}  // namespace automodel::text::jinja
