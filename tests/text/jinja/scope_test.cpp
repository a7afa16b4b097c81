#include <gtest/gtest.h>

#include "tests/text/jinja/rendering.h"

namespace automodel::text::jinja {
namespace {

TEST(Scope, LoopsKeepTheirVariables) {
  expect_templates({
      {"{% set x = 1 %}{% for i in [1, 2] %}{{ x }}{% set x = x + 1 %}{{ x }} {% endfor %}{{ x }}",
       "12 12 1"},
      {"{% for i in [1] %}{% set y = 1 %}{% endfor %}{{ y is defined }}", "False"},
      {"{% set i = 9 %}{% for i in [1] %}{% endfor %}{{ i }}", "9"},
      {"{% for i in [1, 2] %}{% if i == 1 %}{% set y = 5 %}{% endif %}{{ y is defined }}{% endfor "
       "%}",
       "TrueFalse"},
  });
}

TEST(Scope, IfsShareTheirs) {
  expect_templates({
      {"{% if true %}{% set x = 1 %}{% endif %}{{ x }}", "1"},
      {"{% if false %}{% set messages = 1 %}{% endif %}{{ messages|length }}", "2"},
      {"{% for i in [1] %}{% if true %}{% set z = i %}{% endif %}{{ z }}{% endfor %}", "1"},
  });
}

TEST(Scope, AssignmentHidesWhatComesFromOutside) {
  expect_templates({
      {"{% for i in [1] %}{{ messages is defined }}{% endfor %}{% set messages = 1 %}", "False"},
      {"{{ messages is defined }}{% set messages = 1 %}", "True"},
      {"{% macro f() %}{{ messages is defined }}{% endmacro %}{{ f() }}{% set messages = 1 %}",
       "False"},
      {"{% if false %}{% set messages = 1 %}{% endif %}{% for i in [1] %}{{ messages is defined "
       "}}{% endfor %}",
       "True"},
  });
}

TEST(Scope, MacrosSeeLaterValues) {
  expect_templates({
      {"{% macro f() %}{{ x }}{% endmacro %}{% set x = 1 %}{{ f() }}{% set x = 2 %}{{ f() }}",
       "12"},
      {"{% macro f() %}{% set x = 5 %}{{ x }}{% endmacro %}{% set x = 1 %}{{ f() }}{{ x }}", "51"},
      {"{% macro f() %}{{ g() }}{% endmacro %}{% macro g() %}G{% endmacro %}{{ f() }}", "G"},
      {"{% for i in [1, 2] %}{% macro f() %}{{ i }}{% endmacro %}{{ f() }}{% endfor %}", "12"},
      {"{% macro f() %}{{ loop is defined }}{% endmacro %}{% for i in [1] %}{{ loop.index }}{{ f() "
       "}}{% endfor %}",
       "1False"},
  });
}

TEST(Scope, BlocksKeepTheirs) {
  expect_templates({
      {"{% set x %}{% set y = 1 %}{{ y }}{% endset %}{{ x }}{{ y is defined }}", "1False"},
      {"{% filter upper %}{% set y = 'a' %}{{ y }}{% endfilter %}{{ y is defined }}", "AFalse"},
      {"{% macro f() %}{{ caller() }}{% endmacro %}{% set y = 1 %}{% call f() %}{{ y }}{% set y = "
       "2 %}{% endcall %}{{ y }}",
       "11"},
  });
}

TEST(Scope, Defaults) {
  expect_templates({
      {"{% macro f(a=b, b=1) %}{{ a is defined }}{% endmacro %}{{ f() }}", "False"},
      {"{% set d = 3 %}{% macro f(a=d) %}{{ a }}{% endmacro %}{% set d = 4 %}{{ f() }}", "4"},
  });
}

}  // namespace
}  // namespace automodel::text::jinja
