#include <gtest/gtest.h>

#include "tests/text/jinja/rendering.h"

namespace automodel::text::jinja {
namespace {

TEST(StringSplit, Split) {
  expect_texts({
      {"'a,b,,c'.split(',')", "['a', 'b', '', 'c']"},
      {"'  a  b c '.split()", "['a', 'b', 'c']"},
      {"'a,b,c'.split(',', 1)", "['a', 'b,c']"},
      {"'a,b,c'.rsplit(',', 1)", "['a,b', 'c']"},
      {"' a b c '.split(none, 1)", "['a', 'b c ']"},
      {"' a b c '.rsplit(none, 1)", "[' a b', 'c']"},
      {"'abc'.split('b', maxsplit=0)", "['abc']"},
      {"''.split(',')", "['']"},
      {"''.split()", "[]"},
      {"'a::b'.split(sep='::')", "['a', 'b']"},
      {R"('a\u2003b'.split())", "['a', 'b']"},
  });
}

TEST(StringSplit, Lines) {
  expect_texts({
      {R"('a\nb\r\nc\rd'.splitlines())", "['a', 'b', 'c', 'd']"},
      {R"('a\nb\n'.splitlines(true))", R"(['a\n', 'b\n'])"},
      {R"('a\x0bb\x1cc\u2028d'.splitlines())", "['a', 'b', 'c', 'd']"},
      {"''.splitlines()", "[]"},
      {R"('\n'.splitlines())", "['']"},
  });
}

TEST(StringSplit, Strip) {
  expect_texts({
      {R"('  x \n'.strip() ~ '|')", "x|"},
      {"'xxaxx'.strip('x')", "a"},
      {"'xya'.lstrip('yx')", "a"},
      {"'ayx'.rstrip('xy')", "a"},
      {R"('\u00a0é\u3000'.strip())", "é"},
      {"' a '.strip(none)", "a"},
      {"'éaé'.strip('é')", "a"},
  });
}

TEST(StringSplit, JoinAndPartition) {
  expect_texts({
      {"'-'.join(['a', 'b'])", "a-b"},
      {"''.join('abc')", "abc"},
      {"', '.join({'a': 1, 'b': 2})", "a, b"},
      {"'a-b-c'.partition('-')", "('a', '-', 'b-c')"},
      {"'a-b-c'.rpartition('-')", "('a-b', '-', 'c')"},
      {"'abc'.partition('-')", "('abc', '', '')"},
      {"'abc'.rpartition('-')", "('', '', 'abc')"},
  });
}

TEST(StringSplit, Errors) {
  expect_errors({
      {"'a'.split('')", "empty separator"},
      {"'-'.join([1])", "sequence item 0: expected str instance, int found"},
      {"'-'.join(1)", "'int' object is not iterable"},
      {"'a'.partition('')", "empty separator"},
      {"'a'.strip(1)", "strip() argument 1 must be str, not int"},
      {"'a'.split(',', 'x')", "'str' object cannot be interpreted as an integer"},
      {"'a'.split(nope=1)", "split() got an unexpected keyword argument 'nope'"},
  });
}

}  // namespace
}  // namespace automodel::text::jinja
