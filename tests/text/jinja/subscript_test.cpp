#include <gtest/gtest.h>

#include "tests/text/jinja/rendering.h"

namespace automodel::text::jinja {
namespace {

TEST(Subscript, Items) {
  expect_texts({
      {"[1, 2][0]", "1"},
      {"[1, 2][-1]", "2"},
      {"'héllo'[1]", "é"},
      {"'abc'[-1]", "c"},
      {"(1, 2)[1]", "2"},
      {"range(5)[2]", "2"},
      {"{'a': 1}['a']", "1"},
      {"{1: 'x'}[1]", "x"},
      {"{1: 'x'}[true]", "x"},
      {"[1, 2][true]", "2"},
      {"messages[0]['role']", "user"},
      {"{'a-b': 1}['a-b']", "1"},
      {"[[1, 2]][0][1]", "2"},
      {"[1, 2].0", "1"},
  });
}

TEST(Subscript, Slices) {
  expect_texts({
      {"[1, 2, 3, 4][1:-1]", "[2, 3]"},
      {"[1, 2, 3][::-1]", "[3, 2, 1]"},
      {"'hello'[1:3]", "el"},
      {"'hello'[-3:]", "llo"},
      {"'héßo'[::2]", "hß"},
      {"'hello'[::-1]", "olleh"},
      {"[1, 2, 3][5:]", "[]"},
      {"[1, 2, 3][:-5]", "[]"},
      {"(1, 2, 3)[:2]", "(1, 2)"},
      {"range(10)[2:8:3]|list", "[2, 5]"},
      {"range(10)[::-3]|list", "[9, 6, 3, 0]"},
      {"'abc'[none:none]", "abc"},
      {"[1, 2, 3][3:0:-1]", "[3, 2]"},
      {"[1, 2][:100]", "[1, 2]"},
  });
}

TEST(Subscript, Attributes) {
  expect_texts({
      {"{'a': 1}.a", "1"},
      {"{'items': 1}['items']", "1"},
      {"{'a': {'b': 2}}.a.b", "2"},
      {"messages[0].role", "user"},
      {"'abc'['upper']()", "ABC"},
      {"(3).real", "3"},
      {"(2.5).imag", "0.0"},
      {"range(1, 9, 2).step", "2"},
      {"{'keys': 5}.keys()|list", "['keys']"},
  });
}

TEST(Subscript, Undefined) {
  expect_texts({
      {"[1][5]", ""},
      {"{'a': 1}.b", ""},
      {"{'a': 1}['b']", ""},
      {"'abc'[9]", ""},
      {"none.x is defined", "False"},
      {"(1).x is defined", "False"},
      {"[1]['a'] is defined", "False"},
      {"{'a': 1}[[1]] is defined", "False"},
      {"[1, 2].append is defined", "False"},
      {"{}.pop is defined", "False"},
      {"'a'.__class__ is defined", "False"},
  });
}

TEST(Subscript, Errors) {
  expect_errors({
      {"undefined_name.x", "'undefined_name' is undefined"},
      {"undefined_name['x']", "'undefined_name' is undefined"},
      {"undefined_name[1:]", "'undefined_name' is undefined"},
      {"{'a': 1}.b.c", "'dict object' has no attribute 'b'"},
      {"[1][5].x", "list object has no element 5"},
      {"none.x.y", "'None' has no attribute 'x'"},
      {"[1, 2].append(3)", "access to attribute 'append' of 'list' object is unsafe."},
      {"{'a': 1}.update({})", "access to attribute 'update' of 'dict' object is unsafe."},
      {"'a'.__class__.x", "access to attribute '__class__' of 'str' object is unsafe."},
      {"[1][::0]", "slice step cannot be zero"},
      {"[3]['a'].b", "'list object' has no attribute 'a'"},
      {"{}[1].x", "dict object has no element 1"},
      {"'x'.nope()", "'str object' has no attribute 'nope'"},
  });
}

}  // namespace
}  // namespace automodel::text::jinja
