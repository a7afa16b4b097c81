#include <gtest/gtest.h>

#include "tests/text/jinja/rendering.h"

namespace automodel::text::jinja {
namespace {

TEST(OrderFilters, Sort) {
  expect_texts({
      {"[3, 1, 2]|sort", "[1, 2, 3]"},
      {"['b', 'A', 'c']|sort", "['A', 'b', 'c']"},
      {"['b', 'A', 'c']|sort(case_sensitive=true)", "['A', 'b', 'c']"},
      {"[3, 1, 2]|sort(reverse=true)", "[3, 2, 1]"},
      {"[{'a': 2}, {'a': 1}]|sort(attribute='a')", "[{'a': 1}, {'a': 2}]"},
      {"[{'a': 1, 'b': 2}, {'a': 1, 'b': 1}]|sort(attribute='a,b')",
       "[{'a': 1, 'b': 1}, {'a': 1, 'b': 2}]"},
      {"[{'a': {'b': 2}}, {'a': {'b': 1}}]|sort(attribute='a.b')",
       "[{'a': {'b': 1}}, {'a': {'b': 2}}]"},
      {"[[1, 'b'], [0, 'c']]|sort(attribute=1)", "[[1, 'b'], [0, 'c']]"},
      {"['a', 'A', 'b']|sort(reverse=true)", "['b', 'a', 'A']"},
      {"'bca'|sort", "['a', 'b', 'c']"},
  });
}

TEST(OrderFilters, Dictsort) {
  expect_texts({
      {"{'b': 1, 'A': 2}|dictsort", "[('A', 2), ('b', 1)]"},
      {"{'b': 1, 'A': 2}|dictsort(true)", "[('A', 2), ('b', 1)]"},
      {"{'b': 1, 'a': 2}|dictsort(by='value')", "[('b', 1), ('a', 2)]"},
      {"{'b': 1, 'a': 2}|dictsort(reverse=true)", "[('b', 1), ('a', 2)]"},
  });
}

TEST(OrderFilters, Unique) {
  expect_texts({
      {"[1, 2, 1, 3]|unique|list", "[1, 2, 3]"},
      {"['a', 'A', 'b']|unique|list", "['a', 'b']"},
      {"['a', 'A']|unique(true)|list", "['a', 'A']"},
      {"[{'a': 1}, {'a': 1}]|unique(attribute='a')|list", "[{'a': 1}]"},
  });
}

TEST(OrderFilters, Extremes) {
  expect_texts({
      {"[1, 5, 3]|max", "5"},
      {"['b', 'A']|min", "A"},
      {"[{'a': 2}, {'a': 1}]|min(attribute='a')", "{'a': 1}"},
      {"[]|max is defined", "False"},
      {"['b', 'A']|min(true)", "A"},
  });
}

TEST(OrderFilters, Sum) {
  expect_texts({
      {"[1, 2.5]|sum", "3.5"},
      {"[[1], [2]]|sum(start=[])", "[1, 2]"},
      {"[{'a': 1}, {'a': 5}]|sum(attribute='a')", "6"},
      {"[]|sum", "0"},
      {"[1]|sum(start=2)", "3"},
  });
}

TEST(OrderFilters, Groupby) {
  expect_texts({
      {"[{'g': 1, 'v': 1}, {'g': 2, 'v': 2}, {'g': 1, 'v': 3}]|groupby('g')",
       "[(1, [{'g': 1, 'v': 1}, {'g': 1, 'v': 3}]), (2, [{'g': 2, 'v': 2}])]"},
      {"([{'g': 'a'}, {'g': 'A'}]|groupby('g'))[0].list|length", "2"},
      {"([{'g': 'b'}, {}]|groupby('g', default='a'))|map(attribute='grouper')|list", "['a', 'b']"},
      {"[{'g': 'a'}, {'g': 'A'}]|groupby('g', case_sensitive=true)|length", "2"},
  });
}

TEST(OrderFilters, Errors) {
  expect_errors({
      {"[1, 'a']|sort", "'<' not supported between instances of 'str' and 'int'"},
      {"1|sort", "'int' object is not iterable"},
      {"[1]|dictsort", "'list' object has no attribute 'items'"},
      {"{}|dictsort(by='x')", R"(You can only sort by either "key" or "value")"},
      {"[[1]]|unique|list", "unhashable type: 'list'"},
      {"['a']|sum", "unsupported operand type(s) for +: 'int' and 'str'"},
      {"['a']|sum(start='')", "sum() can't sum strings [use ''.join(seq) instead]"},
      {"[1, 'a']|max", "'>' not supported between instances of 'str' and 'int'"},
      {"undefined_name|dictsort", "'undefined_name' is undefined"},
      {"[{}, {'g': 1}]|groupby('g')", "'dict object' has no attribute 'g'"},
  });
}

}  // namespace
}  // namespace automodel::text::jinja
