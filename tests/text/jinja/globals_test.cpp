#include <gtest/gtest.h>

#include "tests/text/jinja/rendering.h"

namespace automodel::text::jinja {
namespace {

TEST(Globals, Range) {
  expect_texts({
      {"range(3)", "range(0, 3)"},
      {"range(3)|list", "[0, 1, 2]"},
      {"range(2, 8, 2)|list", "[2, 4, 6]"},
      {"range(3, 0, -1)|list", "[3, 2, 1]"},
      {"range(0)|list", "[]"},
      {"range(5)|length", "5"},
      {"range(1, 9, 2)", "range(1, 9, 2)"},
      {"range(3) == range(0, 3)", "True"},
  });
}

TEST(Globals, Dict) {
  expect_texts({
      {"dict(a=1, b=2)", "{'a': 1, 'b': 2}"},
      {"dict([['a', 1]])", "{'a': 1}"},
      {"dict({'x': 1}, y=2)", "{'x': 1, 'y': 2}"},
      {"dict()", "{}"},
      {"dict(**{'a': 1})", "{'a': 1}"},
  });
}

TEST(Globals, Objects) {
  expect_texts({
      {"namespace(a=1).a", "1"},
      {"namespace({'a': 1}).a", "1"},
      {"namespace(a=1)", "<Namespace {'a': 1}>"},
      {"namespace().x is defined", "False"},
      {"namespace(a=1)['a']", "1"},
      {"cycler(1, 2).next()", "1"},
      {"cycler(1, 2).current", "1"},
      {"joiner()()", ""},
      {"joiner('x').sep", "x"},
  });
}

TEST(Globals, Errors) {
  expect_errors({
      {"range()", "range() takes at least 1 argument (0 given)"},
      {"range(1, 2, 0)", "range() arg 3 must not be zero"},
      {"range(100001)", "Range too big. The sandbox blocks ranges larger than MAX_RANGE (100000)."},
      {"range('a')", "'str' object cannot be interpreted as an integer"},
      {"range(1.5)", "'float' object cannot be interpreted as an integer"},
      {"dict(1)", "'int' object is not iterable"},
      {"dict([1])", "'int' object is not iterable"},
      {"dict([[1]])", "dictionary update sequence element has length 1; 2 is required"},
      {"dict({}, {})", "dict expected at most 1 argument, got 2"},
      {"namespace(_a=1)",
       "Chat templates cannot store underscore-prefixed attributes on a namespace, but got '_a'. "
       "Please rename the attribute."},
      {"cycler()", "at least one item has to be provided"},
      {"joiner()(1)", "joiner() takes at most 0 arguments (1 given)"},
      {"raise_exception('stop')", "stop"},
      {"raise_exception()", "raise_exception() missing required argument: 'message'"},
      {"namespace(a=1).b.c",
       "'transformers.utils.chat_template_utils.TemplateNamespace object' has no attribute 'b'"},
      {"undefined_name()", "'undefined_name' is undefined"},
      {"(1)()", "'int' object is not callable"},
      {"'a'()", "'str' object is not callable"},
      {"dict(undefined_name)", "'undefined_name' is undefined"},
      {"strftime_now(1)", "strftime_now() argument 1 must be str, not int"},
  });
}

}  // namespace
}  // namespace automodel::text::jinja
