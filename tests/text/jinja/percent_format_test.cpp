#include <gtest/gtest.h>

#include "tests/text/jinja/rendering.h"

namespace automodel::text::jinja {
namespace {

TEST(PercentFormat, Conversions) {
  expect_texts({
      {"'%s' % 'a'", "a"},
      {"'%s-%s' % (1, none)", "1-None"},
      {"'%d' % 3.9", "3"},
      {"'%i' % -3", "-3"},
      {"'%05d|%-5d|%+d' % (42, 42, 42)", "00042|42   |+42"},
      {"'%x %X %o %#x' % (255, 255, 8, 255)", "ff FF 10 0xff"},
      {"'%.2f %8.3f %-8.1f|' % (3.14159, 3.14159, 2.5)", "3.14    3.142 2.5     |"},
      {"'%e %E' % (12345.678, 0.00012)", "1.234568e+04 1.200000E-04"},
      {"'%g %g %g' % (0.00001234, 100000, 1000000)", "1.234e-05 100000 1e+06"},
      {"'%r %a' % ('é', 'é')", R"('é' '\xe9')"},
      {"'%5s|%-5s|%.2s' % ('a', 'b', 'cde')", "    a|b    |cd"},
      {"'%c%c' % (65, 'x')", "Ax"},
      {"'%%' % ()", "%"},
      {"'%(a)s %(b)03d' % {'a': 'x', 'b': 7}", "x 007"},
      {"'%s' % [1, 2]", "[1, 2]"},
      {"'%s' % {'a': 1}", "{'a': 1}"},
      {"'abc' % {}", "abc"},
      {"'abc' % [1]", "abc"},
      {"'%*d' % (5, 42)", "   42"},
      {"'%.3d' % 5", "005"},
      {"'% d' % 5", " 5"},
      {"'%s' % undefined_name", ""},
      {"'%s' % true", "True"},
      {"'%d' % true", "1"},
  });
}

TEST(PercentFormat, Errors) {
  expect_errors({
      {"'%d' % 'a'", "%d format: a real number is required, not str"},
      {"'%s %s' % 1", "not enough arguments for format string"},
      {"'%s' % (1, 2)", "not all arguments converted during string formatting"},
      {"'%' % 1", "incomplete format"},
      {"'%(a)s' % 1", "format requires a mapping"},
      {"'%(a)s' % {}", "'a'"},
      {"'%y' % 1", "unsupported format character 'y'"},
      {"'abc' % 1", "not all arguments converted during string formatting"},
      {"'%x' % 1.5", "%x format: an integer is required, not float"},
      {"'%c' % 'xy'", "%c requires int or char"},
      {"'%(a' % {}", "incomplete format key"},
  });
}

}  // namespace
}  // namespace automodel::text::jinja
