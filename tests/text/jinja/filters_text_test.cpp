#include <gtest/gtest.h>

#include "tests/text/jinja/rendering.h"

namespace automodel::text::jinja {
namespace {

TEST(TextFilters, Case) {
  expect_texts({
      {"'héß'|upper", "HÉSS"},
      {"'ÀB'|lower", "àb"},
      {"'hello wORLD'|capitalize", "Hello world"},
      {R"("they're bill's (ok) a-b"|title)", "They're Bill's (Ok) A-B"},
      {"42|upper", "42"},
      {"none|upper", "NONE"},
      {"undefined_name|upper", ""},
  });
}

TEST(TextFilters, TrimAndReplace) {
  expect_texts({
      {"'  x '|trim ~ '|'", "x|"},
      {"'xxaxx'|trim('x')", "a"},
      {"'a.b.c'|replace('.', '/', 1)", "a/b.c"},
      {"42|replace(4, 'x')", "x2"},
      {"undefined_name|trim", ""},
      {"'abc'|replace('b', none)", "aNonec"},
      {"'abc'|center(7) ~ '|'", "  abc  |"},
  });
}

TEST(TextFilters, Indent) {
  expect_texts({
      {R"('a\nb\n\nc'|indent)", "a\n    b\n\n    c"},
      {R"('a\nb'|indent(2, true))", "  a\n  b"},
      {R"('a\n\nb'|indent('>', blank=true))", "a\n>\n>b"},
      {"'a'|indent(width=3, first=true)", "   a"},
      {"''|indent", ""},
      {R"('a\n'|indent ~ '|')", "a\n|"},
  });
}

TEST(TextFilters, Truncate) {
  expect_texts({
      {"'foo bar baz qux'|truncate(9)", "foo..."},
      {"'foo bar baz qux'|truncate(9, true)", "foo ba..."},
      {"'foo bar baz qux'|truncate(11)", "foo bar baz qux"},
      {"'foo bar baz qux'|truncate(11, false, '...', 0)", "foo bar..."},
      {"'short'|truncate", "short"},
  });
}

TEST(TextFilters, Misc) {
  expect_texts({
      {"'a b-c  d'|wordcount", "4"},
      {"[1, 'a']|string", "[1, 'a']"},
      {"'%s %s'|format(1, 'x')", "1 x"},
      {"'%(a)s'|format(a=1)", "1"},
      {"'a b/c?é'|urlencode", "a%20b/c%3F%C3%A9"},
      {"{'a': 1, 'b': 'x y'}|urlencode", "a=1&b=x+y"},
      {"[('a', 'b/c')]|urlencode", "a=b%2Fc"},
  });
}

TEST(TextFilters, Json) {
  expect_texts({
      {R"({'a': [1, 2.0, none, true], 'b': 'é\n"'}|tojson)",
       R"({"a": [1, 2.0, null, true], "b": "é\n\""})"},
      {"{'b': 1, 'a': {}}|tojson(indent=2)", "{\n  \"b\": 1,\n  \"a\": {}\n}"},
      {"[1]|tojson(indent=0)", "[\n1\n]"},
      {"[[], {}]|tojson(indent='-')", "[\n-[],\n-{}\n]"},
      {"{'b': 1, 'a': 2}|tojson(sort_keys=true)", R"({"a": 2, "b": 1})"},
      {"{'a': [1, 2]}|tojson(separators=(',', ':'))", R"({"a":[1,2]})"},
      {R"('é🙂\x7f'|tojson(ensure_ascii=true))", R"("\u00e9\ud83d\ude42\u007f")"},
      {"{1: 2, none: 3, true: 4, 1.5: 6}|tojson", R"({"1": 4, "null": 3, "1.5": 6})"},
      {"'</script>&'|tojson", R"("</script>&")"},
      {"(1, 2)|tojson", "[1, 2]"},
      {"[1e400, -1e400, 1e100, -0.0]|tojson", "[Infinity, -Infinity, 1e+100, -0.0]"},
      {R"('\u2028\x01\x7f\b\f'|tojson)", "\" \\u0001\177\\b\\f\""},
      {"{'a': 1}|tojson(true, 1)", "{\n \"a\": 1\n}"},
  });
}

TEST(TextFilters, Errors) {
  expect_errors({
      {"1|indent", "the filter 'indent' needs a str, not 'int'"},
      {"undefined_name|tojson", "Object of type Undefined is not JSON serializable"},
      {"range(3)|tojson", "Object of type range is not JSON serializable"},
      {"{(1, 2): 3}|tojson", "keys must be str, int, float, bool or None, not tuple"},
      {"{}.items()|tojson", "Object of type dict_items is not JSON serializable"},
      {"'a'|truncate(2)", "expected length >= 3, got 2"},
      {"1|truncate", "object of type 'int' has no len()"},
      {"'a'|format(1, a=2)", "can't handle positional and keyword arguments at the same time"},
      {"'a'|replace('a')", "replace() missing required argument: 'new'"},
      {"[1]|tojson(separators=',')", "tojson's separators must be two strings"},
      {"'a'|nope", "test:1: No filter named 'nope'."},
      {"'a'|upper(1)", "filter() takes at most 0 arguments (1 given)"},
      {"'a'|trim(nope=1)", "trim() got an unexpected keyword argument 'nope'"},
  });
}

}  // namespace
}  // namespace automodel::text::jinja
