#include <gtest/gtest.h>

#include "tests/text/jinja/rendering.h"

namespace automodel::text::jinja {
namespace {

TEST(FormatSpec, Text) {
  expect_texts({
      {"'{:>5}|{:<5}|{:^5}|{:*^7}|{:5}|'.format('a', 'b', 'c', 'd', 'e')",
       "    a|b    |  c  |***d***|e    |"},
      {"'{:.2}'.format('abc')", "ab"},
      {"'{:é>3}'.format('x')", "ééx"},
      {"'{:5}|'.format(true)", "    1|"},
      {"'{}'.format(true)", "True"},
  });
}

TEST(FormatSpec, Integers) {
  expect_texts({
      {"'{:5d}|{:<5d}|{:05d}|{:+d}|{: d}'.format(42, 42, -42, 42, 42)",
       "   42|42   |-0042|+42| 42"},
      {"'{:,} {:_}'.format(1234567, 1234567)", "1,234,567 1_234_567"},
      {"'{:b} {:o} {:x} {:X} {:#x} {:#b}'.format(5, 8, 255, 255, 255, 5)",
       "101 10 ff FF 0xff 0b101"},
      {"'{:c}'.format(65)", "A"},
      {"'{:.2f}'.format(3)", "3.00"},
      {"'{:010,}'.format(12345)", "00,012,345"},
      {"'{:=+8}'.format(42)", "+     42"},
  });
}

TEST(FormatSpec, Floats) {
  expect_texts({
      {"'{:.2f} {:8.3f}|{:<8.1f}|'.format(3.14159, 2.5, 1.25)", "3.14    2.500|1.2     |"},
      {"'{:e} {:.1E}'.format(1234.5, 1234.5)", "1.234500e+03 1.2E+03"},
      {"'{:g} {:g} {:.3g}'.format(1e10, 0.0001, 1234.5)", "1e+10 0.0001 1.23e+03"},
      {"'{:%} {:.1%}'.format(0.25, 0.123)", "25.000000% 12.3%"},
      {"'{:.3} {:.3} {:.10}'.format(100.0, 10.0, 3.14)", "1e+02 10.0 3.14"},
      {"'{:,.2f}'.format(1234567.891)", "1,234,567.89"},
      {"'{:08.2f}'.format(-3.14159)", "-0003.14"},
      {"'{}'.format(1e16)", "1e+16"},
      {"'{:.0f} {:.0f}'.format(0.5, 1.5)", "0 2"},
      {"'{:5}'.format(1.5)", "  1.5"},
  });
}

TEST(FormatSpec, Errors) {
  expect_errors({
      {"'{:d}'.format('a')", "Unknown format code 'd' for object of type 'str'"},
      {"'{:s}'.format(1)", "Unknown format code 's' for object of type 'int'"},
      {"'{:=5}'.format('a')", "'=' alignment not allowed in string format specifier"},
      {"'{:+}'.format('a')", "sign, '#' and grouping are not allowed in string format specifier"},
      {"'{:.2d}'.format(1)", "Precision not allowed in integer format specifier"},
      {"'{:d}'.format(1.5)", "Unknown format code 'd' for object of type 'float'"},
      {"'{:>5}'.format(none)", "unsupported format string passed to NoneType.__format__"},
      {"'{:>5}'.format([1])", "unsupported format string passed to list.__format__"},
      {"'{:5 }'.format(1)", "Unknown format code ' ' for object of type 'int'"},
      {"'{:.}'.format(1.0)", "Format specifier missing precision"},
  });
}

}  // namespace
}  // namespace automodel::text::jinja
