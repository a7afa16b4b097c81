#include <gtest/gtest.h>

#include "tests/text/jinja/rendering.h"

namespace automodel::text::jinja {
namespace {

TEST(Methods, Dicts) {
  expect_texts({
      {"{'a': 1}.get('a')", "1"},
      {"{'a': 1}.get('b')", "None"},
      {"{'a': 1}.get('b', 'd')", "d"},
      {"{'a': 1}.items()|list", "[('a', 1)]"},
      {"{'a': 1, 'b': 2}.keys()", "dict_keys(['a', 'b'])"},
      {"{'a': 1}.values()", "dict_values([1])"},
      {"{'a': 1}.items()", "dict_items([('a', 1)])"},
      {"{'a': 1}.copy()", "{'a': 1}"},
      {"{'a': 1}.items()|length", "1"},
      {"{1: 2}.get(1.0)", "2"},
  });
}

TEST(Methods, Sequences) {
  expect_texts({
      {"[1, 2, 1].count(1)", "2"},
      {"range(9).count(3) + range(9).index(3)", "4"},
      {"[1, 2, 3].index(3)", "2"},
      {"[1, 2, 1].index(1, 1)", "2"},
      {"(1, 2).index(2)", "1"},
      {"[1, [2]].copy()", "[1, [2]]"},
      {"(1, true, 1.0).count(1)", "3"},
  });
}

TEST(Methods, Errors) {
  expect_errors({
      {"{}.get([])", "unhashable type: 'list'"},
      {"{}.get()", "get() takes at least 1 argument (0 given)"},
      {"[1].index(5)", "5 is not in list"},
      {"(1,).index(5)", "tuple.index(x): x not in tuple"},
      {"[1].pop()", "access to attribute 'pop' of 'list' object is unsafe."},
      {"[1].sort()", "access to attribute 'sort' of 'list' object is unsafe."},
      {"{}.clear()", "access to attribute 'clear' of 'dict' object is unsafe."},
      {"{}.setdefault('a', 1)", "access to attribute 'setdefault' of 'dict' object is unsafe."},
      {"{}.get('a', default=1)", "get() takes no keyword arguments"},
      {"[].extend([1])", "access to attribute 'extend' of 'list' object is unsafe."},
  });
}

}  // namespace
}  // namespace automodel::text::jinja
