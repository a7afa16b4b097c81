#include <gtest/gtest.h>

#include "tests/text/jinja/rendering.h"

namespace automodel::text::jinja {
namespace {

TEST(Parser, Expressions) {
  expect_template_errors({
      {"{{ }}", "test:1: Expected an expression, got 'end of print statement'"},
      {"{{ 1 + }}", "test:1: unexpected 'end of print statement', expected an expression"},
      {"{{ (1 }}", "test:1: unexpected '}', expected ')'"},
      {"{{ [1, }}", "test:1: unexpected '}', expected ']'"},
      {"{{ {1} }}", "test:1: expected token ':', got '}'"},
      {"{{ a. }}", "test:1: expected name or number, got 'end of print statement'"},
      {"{{ a.'b' }}", "test:1: expected name or number, got 'string'"},
      {"{{ a[ }}", "test:1: unexpected '}', expected ']'"},
      {"{{ 1 is }}", "test:1: expected token 'name', got 'end of print statement'"},
      {"{{ 1| }}", "test:1: expected token 'name', got 'end of print statement'"},
      {"{{ f(a=1, 2) }}", "test:1: invalid syntax for function call expression"},
      {"{{ f(**a, *b) }}", "test:1: invalid syntax for function call expression"},
      {"{{ 1 2 }}", "test:1: expected token 'end of print statement', got '2'"},
      {"{{ a if }}", "test:1: unexpected 'end of print statement', expected an expression"},
      {"{{ not }}", "test:1: unexpected 'end of print statement', expected an expression"},
      {"{{ 1 is defined is defined }}", "test:1: You cannot chain multiple tests with is"},
      {"{{ x }", "test:1: unexpected '}'"},
      {"{{ f(1 2) }}", "test:1: expected token ',', got '2'"},
  });
}

TEST(Parser, Blocks) {
  expect_template_errors({
      {"{% if 1 %}",
       "test:1: Unexpected end of template. Jinja was looking for the following tags: 'elif' or "
       "'else' or 'endif'. The innermost block that needs to be closed is 'if'."},
      {"{% for x in y %}{% endif %}",
       "test:1: Encountered unknown tag 'endif'. Jinja was looking for the following tags: "
       "'endfor' or 'else'. The innermost block that needs to be closed is 'for'."},
      {"{% endfor %}", "test:1: Encountered unknown tag 'endfor'."},
      {"{% nope %}", "test:1: Encountered unknown tag 'nope'."},
      {"{% %}", "test:1: tag name expected, got 'end of statement block'"},
      {"{% if %}{% endif %}", "test:1: Expected an expression, got 'end of statement block'"},
      {"{% for x of y %}{% endfor %}", "test:1: expected token 'in', got 'of'"},
      {"{% for x in %}{% endfor %}",
       "test:1: Expected an expression, got 'end of statement block'"},
      {"{% set %}", "test:1: can't assign to 'end of statement block', expected a name"},
      {"{% set 1 = 2 %}", "test:1: can't assign to '1', expected a name"},
      {"{% set true = 2 %}", "test:1: can't assign to 'true'"},
      {"{% set x = %}", "test:1: Expected an expression, got 'end of statement block'"},
      {"{% macro 1() %}{% endmacro %}", "test:1: expected token 'name', got '1'"},
      {"{% macro f %}{% endmacro %}", "test:1: expected token '(', got 'end of statement block'"},
      {"{% macro f(a=1, b) %}{% endmacro %}",
       "test:1: non-default argument follows default argument"},
      {"{% call 1 %}{% endcall %}", "test:1: expected call"},
      {"{% with a %}{% endwith %}", "test:1: expected token '=', got 'end of statement block'"},
      {"{% do 1 %}", "test:1: Encountered unknown tag 'do'."},
      {"{% if 1 %}{% else %}{% elif 2 %}{% endif %}",
       "test:1: Encountered unknown tag 'elif'. Jinja was looking for the following tags: 'endif'. "
       "The innermost block that needs to be closed is 'if'."},
      {"{% for x in y %}{% else %}",
       "test:1: Unexpected end of template. Jinja was looking for the following tags: 'endfor'. "
       "The innermost block that needs to be closed is 'for'."},
      {"{% filter %}{% endfilter %}",
       "test:1: expected token 'name', got 'end of statement block'"},
      {"{% generation %}x",
       "test:1: Unexpected end of template. Jinja was looking for the following tags: "
       "'endgeneration'. The innermost block that needs to be closed is 'generation'."},
  });
}

TEST(Parser, Names) {
  expect_template_errors({
      {"{{ 1|nope }}", "test:1: No filter named 'nope'."},
      {"{{ 1 is nope }}", "test:1: No test named 'nope'."},
      {"{% for x in y %}{% set loop = 1 %}{% endfor %}",
       "test:1: Can't assign to special loop variable in for-loop target"},
      {"{% macro f(caller) %}{{ caller() }}{% endmacro %}",
       R"(test:1: When defining macros or call blocks the special "caller" argument must be omitted or be given a default.)"},
  });
}

}  // namespace
}  // namespace automodel::text::jinja
