#include <gtest/gtest.h>

#include "tests/text/jinja/rendering.h"

namespace automodel::text::jinja {
namespace {

TEST(StringLayout, Padding) {
  expect_texts({
      {"'abc'.center(10, '*')", "***abc****"},
      {"'abc'.center(8) ~ '|'", "  abc   |"},
      {"'abcd'.center(9) ~ '|'", "   abcd  |"},
      {"'a'.ljust(3) ~ '|'", "a  |"},
      {"'é'.rjust(3, 'ß')", "ßßé"},
      {"'42'.zfill(5)", "00042"},
      {"'-42'.zfill(5)", "-0042"},
      {"'+x'.zfill(4)", "+00x"},
      {"'abc'.zfill(2)", "abc"},
      {"'abc'.center(-5)", "abc"},
  });
}

TEST(StringLayout, Tabs) {
  expect_texts({
      {R"('a\tb'.expandtabs(4))", "a   b"},
      {R"('\ta\n\tb'.expandtabs())", "        a\n        b"},
      {R"('a\tb'.expandtabs(0))", "ab"},
  });
}

TEST(StringLayout, Errors) {
  expect_errors({
      {"'a'.center(5, 'xy')", "The fill character must be exactly one character long"},
      {"'a'.ljust()", "ljust() takes at least 1 argument (0 given)"},
      {"'a'.zfill('x')", "'str' object cannot be interpreted as an integer"},
  });
}

}  // namespace
}  // namespace automodel::text::jinja
