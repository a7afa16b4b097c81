#include <gtest/gtest.h>

#include "tests/text/jinja/rendering.h"

namespace automodel::text::jinja {
namespace {

TEST(Lexer, TrimsBlocksAndIndentation) {
  expect_templates({
      {"a\n  {% if true %}\nb\n  {% endif %}\nc", "a\nb\nc"},
      {"a {% if true %} b {% endif %} c", "a  b  c"},
      {"  {{ 1 }}\n  {{ 2 }}\n", "  1\n  2"},
      {"{% if true %}\n\nx{% endif %}\n\n", "\nx"},
      {"\t{# c #}\nx", "x"},
      {"x\n \t{% set a = 1 %} y", "x\n y"},
      {"{% set a = 1 %}  {% set b = 1 %}  z", "    z"},
  });
}

TEST(Lexer, Signs) {
  expect_templates({
      {"a \n {%- if true -%} \n b \n {%- endif -%} \n c", "abc"},
      {"a\n  {%+ if true +%}\nb{% endif %}", "a\n  \nb"},
      {"a \n {{- 1 -}} \n b", "a1b"},
      {"a \n {#- c -#} \n b", "ab"},
      {"a\n  {#+ c +#}\nb", "a\n  \nb"},
      {"a {{+ 1 }}", "a 1"},
      {"  {%+ set a = 1 %}x", "  x"},
      {"x  　{%- set a = 1 -%}  y", "xy"},
  });
}

TEST(Lexer, Raw) {
  expect_templates({
      {"{% raw %}{{ x }}{% y %}{% endraw %}", "{{ x }}{% y %}"},
      {"a  {%- raw -%}  {# #}  {%- endraw -%}  b", "a{# #}b"},
      {"{% raw %}\nx\n{% endraw %}\ny", "\nx\ny"},
      {"  {% raw %} x {% endraw %} y", " x  y"},
      {"{%+ raw %}a{%+ endraw +%}\nb", "a\nb"},
  });
}

TEST(Lexer, Comments) {
  expect_templates({
      {"a{# {{ x }} {% y %} #}b", "ab"},
      {"{# a\nb #}c", "c"},
      {"{##}x", "x"},
      {"{#-#}x", "x"},
  });
}

TEST(Lexer, Newlines) {
  expect_templates({
      {"a\r\nb\rc\n", "a\nb\nc"},
      {"a\n\n", "a\n"},
      {"{{ 'a\r\nb' }}", "a\nb"},
  });
}

TEST(Lexer, Numbers) {
  expect_templates({
      {"{{ 1_000 }} {{ 0x1F }} {{ 0b101 }} {{ 0o17 }} {{ 1_0.5 }} {{ 1.5e3 }} {{ 1E3 }} {{ 1e-2 }} "
       "{{ 00 }} {{ [1][0].real }}",
       "1000 31 5 15 10.5 1500.0 1000.0 0.01 0 1"},
  });
}

TEST(Lexer, Names) {
  expect_templates({
      {"{% set größe_1 = 3 %}{{ größe_1 }}", "3"},
      {"{% set _ = 1 %}{{ _ }}", "1"},
  });
}

TEST(Lexer, Braces) {
  expect_templates({
      {"{{ {'a': {'b': 1}}['a']['b'] }}", "1"},
      {"{{ {}}}", "{}"},
      {"{ { 1 } } {% set x = {'a': {}} %}{{ x }}", "{ { 1 } } {'a': {}}"},
      {"{{'}}'}}", "}}"},
      {R"({{ "%}" }})", "%}"},
  });
}

TEST(LexerErrors, BadTokens) {
  expect_template_errors({
      {"{{ 'open", R"(test:1: unexpected char "'" at 3)"},
      {"a\nb {# open", "test:2: Missing end of comment tag"},
      {"{% raw %}x", "test:1: Missing end of raw directive"},
      {"{{ ) }}", "test:1: unexpected ')'"},
      {"{{ (] }}", "test:1: unexpected ']', expected ')'"},
      {"{{ ! }}", "test:1: unexpected char '!' at 3"},
      {"{{ ?x }}", "test:1: unexpected char '?' at 3"},
      {"{{ 1 $ }}", "test:1: unexpected char '$' at 5"},
  });
}

}  // namespace
}  // namespace automodel::text::jinja
