#include <gtest/gtest.h>

#include "tests/text/jinja/rendering.h"

namespace automodel::text::jinja {
namespace {

TEST(BraceFormat, Fields) {
  expect_texts({
      {"'{} {}'.format(1, 'a')", "1 a"},
      {"'{1} {0}'.format(1, 2)", "2 1"},
      {"'{a} {b}'.format(a=1, b=[2])", "1 [2]"},
      {"'{0[0]} {0[1]}'.format([7, 8])", "7 8"},
      {"'{m.role}'.format(m=messages[0])", "user"},
      {"'{m[role]}'.format(m=messages[0])", "user"},
      {"'{{}}'.format()", "{}"},
      {"'{!r} {!s} {!a}'.format('é', 'é', 'é')", R"('é' é '\xe9')"},
      {"'{:{}}|'.format('a', 4)", "a   |"},
      {"'{:>{w}}'.format('a', w=3)", "  a"},
      {"'{a}'.format_map({'a': 5})", "5"},
      {"'{}'.format(none)", "None"},
  });
}

TEST(BraceFormat, Errors) {
  expect_errors({
      {"'{} {}'.format(1)", "tuple index out of range"},
      {"'{a}'.format(b=1)", "'a'"},
      {"'{'.format(1)", "Single '{' encountered in format string"},
      {"'}'.format(1)", "Single '}' encountered in format string"},
      {"'{0} {}'.format(1, 2)",
       "cannot switch from manual field specification to automatic field numbering"},
      {"'{} {0}'.format(1, 2)",
       "cannot switch from manual field specification to automatic field numbering"},
      {"'{!x}'.format(1)", "Unknown conversion specifier x"},
      {"'{0.nope.x}'.format(1)", "'int object' has no attribute 'nope'"},
      {"'{[1}'.format([1])", "expected '}' before end of string"},
  });
}

}  // namespace
}  // namespace automodel::text::jinja
