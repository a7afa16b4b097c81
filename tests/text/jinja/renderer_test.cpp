#include <gtest/gtest.h>

#include "tests/text/jinja/rendering.h"

namespace automodel::text::jinja {
namespace {

TEST(Renderer, If) {
  expect_templates({
      {"{% if 0 %}a{% elif 1 %}b{% else %}c{% endif %}", "b"},
      {"{% if none %}a{% else %}c{% endif %}", "c"},
      {"{% if 1, 2 %}t{% endif %}", "t"},
      {"{% if x is defined and x.y %}a{% endif %}b", "b"},
  });
}

TEST(Renderer, For) {
  expect_templates({
      {"{% for i in [1, 2] %}{{ i }},{% endfor %}", "1,2,"},
      {"{% for k, v in {'a': 1, 'b': 2}.items() %}{{ k }}{{ v }}{% endfor %}", "a1b2"},
      {"{% for a, (b, c) in [(1, (2, 3))] %}{{ a }}{{ b }}{{ c }}{% endfor %}", "123"},
      {"{% for i in [] %}x{% else %}none{% endfor %}", "none"},
      {"{% for i in [1] %}x{% else %}none{% endfor %}", "x"},
      {"{% for i in range(5) if i is odd %}{{ i }}{% endfor %}", "13"},
      {"{% for c in 'hé' %}{{ c }}-{% endfor %}", "h-é-"},
      {"{% for i in undefined_name %}x{% else %}e{% endfor %}", "e"},
      {"{% for i in 1, 2 %}{{ i }}{% endfor %}", "12"},
      {"{% for k in {'a': 1} %}{{ k }}{% endfor %}", "a"},
  });
}

TEST(Renderer, BreakAndContinue) {
  expect_templates({
      {"{% for i in range(9) %}{% if i == 3 %}{% break %}{% endif %}{{ i }}{% endfor %}", "012"},
      {"{% for i in range(5) %}{% if i is odd %}{% continue %}{% endif %}{{ i }}{% endfor %}",
       "024"},
      {"{% for i in [1] %}{% continue %}{% else %}e{% endfor %}", "e"},
      {"{% for i in [1, 2] %}{% break %}{% else %}e{% endfor %}", "e"},
      {"{% for i in [1, 2] %}{% set x %}a{% break %}{% endset %}{% endfor %}z", "z"},
      {"{% for i in [1, 2] %}{% filter upper %}a{% if i == 1 %}{% continue %}{% endif %}{% "
       "endfilter %}{% endfor %}",
       "A"},
  });
}

TEST(Renderer, Set) {
  expect_templates({
      {"{% set a = 1 %}{{ a }}", "1"},
      {"{% set a, b = 1, 2 %}{{ b }}{{ a }}", "21"},
      {"{% set a = 1, 2 %}{{ a }}", "(1, 2)"},
      {"{% set x %} hi {% endset %}[{{ x }}]", "[ hi ]"},
      {"{% set x | upper | trim %} hi {% endset %}[{{ x }}]", "[HI]"},
      {"{% set x | length %}abc{% endset %}{{ x + 1 }}", "4"},
      {"{% set (a, b) = [1, 2] %}{{ a }}", "1"},
      {"{% set x | replace('a', 'b') %}aa{% endset %}{{ x }}", "bb"},
  });
}

TEST(Renderer, Namespace) {
  expect_templates({
      {"{% set ns = namespace(n=0) %}{% for i in [1, 2] %}{% set ns.n = ns.n + i %}{% endfor %}{{ "
       "ns.n }}",
       "3"},
      {"{% set ns = namespace() %}{% set ns.a, ns.b = 1, 2 %}{{ ns.a ~ ns.b }}", "12"},
      {"{% set ns = namespace() %}{% set ns.text %}x{% endset %}{{ ns.text }}", "x"},
  });
}

TEST(Renderer, Macros) {
  expect_templates({
      {"{% macro f(a, b=2, c=a) %}{{ a }}{{ b }}{{ c }}{% endmacro %}{{ f(1) }} {{ f(1, c=5) }} {{ "
       "f() }}",
       "121 125 2"},
      {"{% macro f() %}{{ varargs }}{{ kwargs }}{% endmacro %}{{ f(1, x=2) }}", "(1,){'x': 2}"},
      {"{% macro f(n) %}{{ n }}{% if n %}{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(3) }}",
       "3210"},
      {"{{ f is defined }}{% macro f() %}{% endmacro %}", "False"},
      {"{% macro f(a) %}{{ a is defined }}{% endmacro %}{{ f() }}", "False"},
      {"{% macro f() %} x {% endmacro %}[{{ f()|trim }}]{{ f }}", "[x]<Macro 'f'>"},
      {"{% macro f(caller=none) %}{{ caller }}{% endmacro %}{{ f() }}", "None"},
  });
}

TEST(Renderer, CallBlocks) {
  expect_templates({
      {"{% macro f(a) %}<{{ a }}{{ caller() }}>{% endmacro %}{% call f(1) %}body{% endcall %}",
       "<1body>"},
      {"{% macro f() %}{{ caller(1, 2) }}{% endmacro %}{% call(a, b=9) f() %}{{ a }}{{ b }}{% "
       "endcall %}",
       "12"},
      {"{% macro f() %}{{ caller is defined }}{% endmacro %}{{ f() }}{% call f() %}{% endcall %}",
       "FalseTrue"},
  });
}

TEST(Renderer, FilterBlocks) {
  expect_templates({
      {"{% filter upper %}a{{ 'b' }}{% endfilter %}", "AB"},
      {"{% filter replace('a', 'x')|upper %}aba{% endfilter %}", "XBX"},
      {"{% filter trim %}  {% for i in [1] %} {{ i }} {% endfor %}  {% endfilter %}|", "1|"},
  });
}

TEST(Renderer, With) {
  expect_templates({
      {"{% with a = 1, b = 2 %}{{ a }}{{ b }}{% endwith %}{{ a is defined }}", "12False"},
      {"{% set a = 1 %}{% with a = 2, b = a %}{{ a }}{{ b }}{% endwith %}{{ a }}", "211"},
      {"{% with %}{% set x = 1 %}{{ x }}{% endwith %}{{ x is defined }}", "1False"},
  });
}

TEST(Renderer, Print) {
  expect_templates({
      {"{% print 1, 'a' %}", "1a"},
      {"{% print none %}", "None"},
  });
}

TEST(Renderer, Generation) {
  expect_templates({
      {"a{% generation %}b{% set x = 1 %}{% endgeneration %}{{ x is defined }}", "abFalse"},
  });
}

TEST(Renderer, UnknownFiltersInDeadBranches) {
  expect_templates({
      {"{% if false %}{{ 1|nope }}{% endif %}x", "x"},
      {"{{ (1|nope) if false else 'y' }}", "y"},
      {"{% if false %}{{ 1 is nope }}{% endif %}x", "x"},
  });
}

}  // namespace
}  // namespace automodel::text::jinja
