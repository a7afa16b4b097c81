#include <gtest/gtest.h>

#include "tests/text/jinja/rendering.h"

namespace automodel::text::jinja {
namespace {

TEST(StringSearch, Find) {
  expect_texts({
      {"'abcabc'.find('c')", "2"},
      {"'abcabc'.rfind('c')", "5"},
      {"'abc'.find('z')", "-1"},
      {"'héé'.find('é', 2)", "2"},
      {"'abc'.find('', 3)", "3"},
      {"'abc'.find('', 4)", "-1"},
      {"'abcabc'.index('b', 2)", "4"},
      {"'abc'.rindex('c')", "2"},
      {"'abcabc'.find('c', -3, -1)", "-1"},
      {"'abc'.find('c', none, 2)", "-1"},
  });
}

TEST(StringSearch, Affixes) {
  expect_texts({
      {"'abc'.startswith('ab')", "True"},
      {"'abc'.startswith(('x', 'a'))", "True"},
      {"'abc'.endswith('bc')", "True"},
      {"'abc'.startswith('b', 1)", "True"},
      {"'abc'.endswith('b', 0, 2)", "True"},
      {"'abc'.removeprefix('a')", "bc"},
      {"'abc'.removesuffix('bc')", "a"},
      {"'abc'.removeprefix('x')", "abc"},
      {"'abc'.startswith('')", "True"},
      {"''.startswith('', 1)", "False"},
  });
}

TEST(StringSearch, CountAndReplace) {
  expect_texts({
      {"'aXbX'.count('X')", "2"},
      {"'aaa'.count('aa')", "1"},
      {"'abc'.count('')", "4"},
      {"'abca'.count('a', 1)", "1"},
      {"'aaa'.replace('a', 'b')", "bbb"},
      {"'aaa'.replace('a', 'b', 2)", "bba"},
      {"'abc'.replace('', '-')", "-a-b-c-"},
      {"'abc'.replace('', '-', 2)", "-a-bc"},
      {"'é'.replace('', '.')", ".é."},
      {"'abc'.replace('b', '')", "ac"},
  });
}

TEST(StringSearch, Errors) {
  expect_errors({
      {"'abc'.index('z')", "substring not found"},
      {"'abc'.find(1)", "find() argument 1 must be str, not int"},
      {"'abc'.startswith(1)", "startswith first arg must be str or a tuple of str, not int"},
      {"'abc'.startswith(['a'])", "startswith first arg must be str or a tuple of str, not list"},
      {"'a'.replace('a')", "replace() takes at least 2 arguments (1 given)"},
      {"'a'.replace('a', 1)", "replace() argument 2 must be str, not int"},
      {"'abc'.find('a', 'b')", "'str' object cannot be interpreted as an integer"},
      {"'a'.count()", "count() takes at least 1 argument (0 given)"},
  });
}

}  // namespace
}  // namespace automodel::text::jinja
