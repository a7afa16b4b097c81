#include <gtest/gtest.h>

#include "tests/text/jinja/rendering.h"

namespace automodel::text::jinja {
namespace {

TEST(Operators, Sequences) {
  expect_texts({
      {"'a' + 'b'", "ab"},
      {"[1] + [2]", "[1, 2]"},
      {"(1,) + (2,)", "(1, 2)"},
      {"'ab' * 3", "ababab"},
      {"3 * 'ab'", "ababab"},
      {"[1] * 2", "[1, 1]"},
      {"'ab' * -1", ""},
      {"(1, 2) * 2", "(1, 2, 1, 2)"},
  });
}

TEST(Operators, Comparison) {
  expect_texts({
      {"1 < 2 < 3", "True"},
      {"1 < 2 > 3", "False"},
      {"'a' < 'b'", "True"},
      {"'Z' < 'a'", "True"},
      {"[1, 2] < [1, 3]", "True"},
      {"[1] < [1, 0]", "True"},
      {"(1, 2) == (1, 2)", "True"},
      {"[1] == (1,)", "False"},
      {"none == none", "True"},
      {"'1' == 1", "False"},
      {"'é' > 'e'", "True"},
  });
}

TEST(Operators, Membership) {
  expect_texts({
      {"'b' in 'abc'", "True"},
      {"2 in [1, 2]", "True"},
      {"'k' in {'k': 1}", "True"},
      {"1 not in (2, 3)", "True"},
      {"3 in range(5)", "True"},
      {"'' in 'x'", "True"},
      {"'role' in messages[0]", "True"},
      {"'k' in {'k': 1}.keys()", "True"},
      {"1 in {'k': 1}.values()", "True"},
      {"'x' in undefined_name", "False"},
  });
}

TEST(Operators, Logic) {
  expect_texts({
      {"0 or 'x'", "x"},
      {"'' or none", "None"},
      {"1 and 2", "2"},
      {"[] and 1", "[]"},
      {"not 1", "False"},
      {"not none and 1", "1"},
      {"1 if 0 else 2", "2"},
      {"('a' if 0) is defined", "False"},
      {"1 or 2 and 0", "1"},
  });
}

TEST(Operators, Concatenation) {
  expect_texts({
      {"'a' ~ 1 ~ none ~ 1.0 ~ [1]", "a1None1.0[1]"},
      {"undefined_name ~ 'x'", "x"},
  });
}

TEST(Operators, Errors) {
  expect_errors({
      {"{}.items() - [1]",
       "'-' is not supported between 'dict_items' and 'list'; make lists of them"},
      {"{}.keys() <= {}.keys()",
       "'<=' is not supported between 'dict_keys' and 'dict_keys'; make lists of them"},
      {"1 + 'a'", "unsupported operand type(s) for +: 'int' and 'str'"},
      {"'a' + 1", R"(can only concatenate str (not "int") to str)"},
      {"[1] + (2,)", R"(can only concatenate list (not "tuple") to list)"},
      {"'a' * 'b'", "can't multiply sequence by non-int of type 'str'"},
      {"'a' - 'b'", "unsupported operand type(s) for -: 'str' and 'str'"},
      {"none + 1", "unsupported operand type(s) for +: 'NoneType' and 'int'"},
      {"-'a'", "bad operand type for unary -: 'str'"},
      {"+'a'", "bad operand type for unary +: 'str'"},
      {"1 < 'a'", "'<' not supported between instances of 'int' and 'str'"},
      {"none < none", "'<' not supported between instances of 'NoneType' and 'NoneType'"},
      {"[1, 'a'] < [1, 2]", "'<' not supported between instances of 'str' and 'int'"},
      {"1 in 1", "argument of type 'int' is not iterable"},
      {"1 in 'a'", "'in <string>' requires string as left operand, not int"},
      {"[1] in {}", "unhashable type: 'list'"},
      {"undefined_name + 1", "'undefined_name' is undefined"},
      {"1 + undefined_name", "'undefined_name' is undefined"},
      {"-undefined_name", "'undefined_name' is undefined"},
      {"undefined_name < 1", "'undefined_name' is undefined"},
  });
}

}  // namespace
}  // namespace automodel::text::jinja
