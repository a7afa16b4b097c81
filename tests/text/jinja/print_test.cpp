#include <gtest/gtest.h>

#include "tests/text/jinja/rendering.h"

namespace automodel::text::jinja {
namespace {

TEST(Print, Scalars) {
  expect_texts({
      {"none", "None"},
      {"true", "True"},
      {"1.0", "1.0"},
      {"1.10", "1.1"},
      {"100000000000000000000000.0", "1e+23"},
      {"1e16", "1e+16"},
      {"1e15", "1000000000000000.0"},
      {"1e22", "1e+22"},
      {"0.0001", "0.0001"},
      {"1e-5", "1e-05"},
      {"-0.0", "-0.0"},
      {"123456789.123456789", "123456789.12345679"},
      {"1e300", "1e+300"},
      {"5e-324", "5e-324"},
      {"'inf'|float", "inf"},
      {"-('inf'|float)", "-inf"},
      {"'nan'|float", "nan"},
      {"9223372036854775807", "9223372036854775807"},
  });
}

TEST(Print, Containers) {
  expect_texts({
      {"[1, 'a', none, true, 1.5]", "[1, 'a', None, True, 1.5]"},
      {"(1,)", "(1,)"},
      {"()", "()"},
      {"{'a': [1, {'b': none}]}", "{'a': [1, {'b': None}]}"},
      {"{1: (2, 3)}", "{1: (2, 3)}"},
      {"[undefined_name]", "[Undefined]"},
      {"[range(3)]", "[range(0, 3)]"},
      {"[('a'|safe)]", "[Markup('a')]"},
      {"{'a': 1}.items()", "dict_items([('a', 1)])"},
      {"{'a': 1}.values()", "dict_values([1])"},
      {"[[]]", "[[]]"},
  });
}

TEST(Print, Quotes) {
  expect_texts({
      {R"(['it\'s'])", R"(["it's"])"},
      {R"(['a"b'])", R"(['a"b'])"},
      {R"(['a"b\'c'])", R"(['a"b\'c'])"},
      {R"(['\n\t\r\\'])", R"(['\n\t\r\\'])"},
      {R"(['\x00\x7f\x85\u200b\u2028é🙂\U000e0001'])",
       R"(['\x00\x7f\x85\u200b\u2028é🙂\U000e0001'])"},
      {R"([' ', '\u3000'])", R"([' ', '\u3000'])"},
  });
}

}  // namespace
}  // namespace automodel::text::jinja
