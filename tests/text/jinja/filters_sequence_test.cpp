#include <gtest/gtest.h>

#include "tests/text/jinja/rendering.h"

namespace automodel::text::jinja {
namespace {

TEST(SequenceFilters, Ends) {
  expect_texts({
      {"[1, 2]|first", "1"},
      {"[1, 2]|last", "2"},
      {"'héß'|last", "ß"},
      {"'abc'|first", "a"},
      {"{'a': 1, 'b': 2}|last", "b"},
      {"range(4)|last", "3"},
      {"[]|first", ""},
      {"[]|last is defined", "False"},
      {"undefined_name|first is defined", "False"},
  });
}

TEST(SequenceFilters, Length) {
  expect_texts({
      {"[1, 2]|length", "2"},
      {"'héß'|count", "3"},
      {"{'a': 1}|length", "1"},
      {"range(7)|length", "7"},
      {"undefined_name|length", "0"},
  });
}

TEST(SequenceFilters, Order) {
  expect_texts({
      {"[1, 2, 3]|reverse|list", "[3, 2, 1]"},
      {"'héß'|reverse", "ßéh"},
      {"{'a': 1, 'b': 2}|reverse|list", "['b', 'a']"},
      {"[1, 2]|map('string')|reverse", "['2', '1']"},
      {"'abc'|list", "['a', 'b', 'c']"},
      {"{'a': 1}|list", "['a']"},
      {"none|default('d')", "None"},
  });
}

TEST(SequenceFilters, Join) {
  expect_texts({
      {"[1, 'a', none]|join('-')", "1-a-None"},
      {"'abc'|join(',')", "a,b,c"},
      {"[{'n': 1}, {'n': 2}]|join('+', attribute='n')", "1+2"},
      {"[]|join", ""},
      {"undefined_name|join(',')", ""},
      {"[1, 2]|join(0)", "102"},
  });
}

TEST(SequenceFilters, Groups) {
  expect_texts({
      {"[1, 2, 3, 4, 5]|batch(2)|list", "[[1, 2], [3, 4], [5]]"},
      {"[1, 2, 3]|batch(2, 'x')|list", "[[1, 2], [3, 'x']]"},
      {"[1, 2, 3, 4, 5]|slice(2)|list", "[[1, 2, 3], [4, 5]]"},
      {"[1, 2, 3, 4, 5]|slice(3, 'x')|list", "[[1, 2], [3, 4], [5, 'x']]"},
      {"[]|batch(2)|list", "[]"},
      {"[1]|slice(3)|list", "[[1], [], []]"},
  });
}

TEST(SequenceFilters, Items) {
  expect_texts({
      {"{'a': 1}|items|list", "[('a', 1)]"},
      {"undefined_name|items|list", "[]"},
      {"{'a': 1}|attr('a') is defined", "False"},
      {"'a'|attr('upper') is callable", "True"},
  });
}

TEST(SequenceFilters, Default) {
  expect_texts({
      {"undefined_name|default('d')", "d"},
      {"''|default('d')", ""},
      {"''|default('d', true)", "d"},
      {"none|d('x')", "None"},
      {"false|d('x', boolean=true)", "x"},
      {"undefined_name|d", ""},
  });
}

TEST(SequenceFilters, Errors) {
  expect_errors({
      {"1|length", "object of type 'int' has no len()"},
      {"none|length", "object of type 'NoneType' has no len()"},
      {"[1]|map('string')|length", "object of type 'generator' has no len()"},
      {"1|first", "'int' object is not iterable"},
      {"[1]|map('string')|last", "'generator' object is not reversible"},
      {"1|list", "'int' object is not iterable"},
      {"1|reverse", "argument must be iterable"},
      {"1|join", "'int' object is not iterable"},
      {"[1]|items|list", "Can only get item pairs from a mapping."},
      {"[1]|slice(0)|list", "integer division or modulo by zero"},
      {"undefined_name|attr('x')", "'undefined_name' is undefined"},
  });
}

}  // namespace
}  // namespace automodel::text::jinja
