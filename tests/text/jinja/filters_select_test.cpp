#include <gtest/gtest.h>

#include "tests/text/jinja/rendering.h"

namespace automodel::text::jinja {
namespace {

TEST(SelectFilters, Map) {
  expect_texts({
      {"['a', 'b']|map('upper')|list", "['A', 'B']"},
      {"[{'a': 1}, {}]|map(attribute='a')|list", "[1, Undefined]"},
      {"[{'a': 1}, {}]|map(attribute='a', default=0)|list", "[1, 0]"},
      {"[{'a': {'b': 1}}]|map(attribute='a.b')|list", "[1]"},
      {"[[1, 2]]|map(attribute=1)|list", "[2]"},
      {"[[1, 2]]|map('join', '-')|list", "['1-2']"},
      {"undefined_name|map('upper')|list", "[]"},
      {"[]|map('nope')|list", "[]"},
      {"([1]|map('string')) is iterable", "True"},
      {"messages|map(attribute='role')|join(',')", "user,assistant"},
  });
}

TEST(SelectFilters, Select) {
  expect_texts({
      {"[1, 2, 3]|select('odd')|list", "[1, 3]"},
      {"[1, 2, 3]|reject('odd')|list", "[2]"},
      {"[0, 1, '']|select|list", "[1]"},
      {"[1, 2, 3]|select('gt', 1)|list", "[2, 3]"},
      {"[1, 2, 3]|select('in', [1, 3])|list", "[1, 3]"},
      {"'abc'|select('in', 'ab')|join", "ab"},
  });
}

TEST(SelectFilters, ByAttribute) {
  expect_texts({
      {"[{'a': 1}, {'a': 2}]|selectattr('a', 'equalto', 2)|list", "[{'a': 2}]"},
      {"[{'a': 1}, {}]|selectattr('a')|list", "[{'a': 1}]"},
      {"[{'a': 1}, {}]|rejectattr('a', 'defined')|list", "[{}]"},
      {"[{'a': {'b': 0}}]|selectattr('a.b')|list", "[]"},
      {"messages|selectattr('role', '==', 'user')|list|length", "1"},
  });
}

TEST(SelectFilters, OnDemand) {
  expect_texts({
      {"[1]|select('nope') is defined", "True"},
      {"[1]|select('odd')|first", "1"},
      {"([1]|select('even')) and 1", "1"},
      {"([2]|map('string'))|list + []", "['2']"},
  });
}

TEST(SelectFilters, Errors) {
  expect_errors({
      {"[1]|map('nope')|list", "No filter named 'nope'."},
      {"[1]|map|list", "map requires a filter argument"},
      {"[1]|map(nope=1)|list", "map requires a filter argument"},
      {"[1]|map(attribute='a', nope=1)|list", "Unexpected keyword argument 'nope'"},
      {"[1]|select('nope')|list", "No test named 'nope'."},
      {"[1]|selectattr|list", "Missing parameter for attribute name"},
      {"[1]|map('first')|list", "'int' object is not iterable"},
      {"1|map('upper')|list", "'int' object is not iterable"},
      {"[{}]|selectattr('a.b')|list", "'dict object' has no attribute 'a'"},
  });
}

}  // namespace
}  // namespace automodel::text::jinja
