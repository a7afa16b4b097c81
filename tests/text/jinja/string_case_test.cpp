#include <gtest/gtest.h>

#include "tests/text/jinja/rendering.h"

namespace automodel::text::jinja {
namespace {

TEST(StringCase, Mappings) {
  expect_texts({
      {"'straße ŉ ﬁ'.upper()", "STRASSE ʼN FI"},
      {"'ΑΣ ΣΑΣ'.lower()", "ας σας"},
      {"'İ'.lower()", "i̇"},
      {R"("they're bill's".title())", "They'Re Bill'S"},
      {"'ǆ ǆa'.title()", "ǅ ǅa"},
      {"'hELLO wORLD'.capitalize()", "Hello world"},
      {"'ﬁre'.capitalize()", "Fire"},
      {"'aBc ß'.swapcase()", "AbC SS"},
      {"'Straße'.casefold()", "strasse"},
  });
}

TEST(StringCase, Tests) {
  expect_texts({
      {"'abc'.islower()", "True"},         {"'ABC1'.isupper()", "True"},
      {"'123'.islower()", "False"},        {"'Abc Def'.istitle()", "True"},
      {"'AbC'.istitle()", "False"},        {"'abé'.isalpha()", "True"},
      {"'a1'.isalnum()", "True"},          {"'²'.isdigit()", "True"},
      {"'²'.isdecimal()", "False"},        {"'½'.isnumeric()", "True"},
      {"'٣'.isdecimal()", "True"},         {R"(' \t'.isspace())", "True"},
      {"''.isspace()", "False"},           {"'é'.isascii()", "False"},
      {R"('a\n'.isprintable())", "False"}, {"'a_1'.isidentifier()", "True"},
      {"'1a'.isidentifier()", "False"},    {"'ª'.islower()", "True"},
      {"''.isalpha()", "False"},
  });
}

TEST(StringCase, Errors) {
  expect_errors({
      {"'a'.upper(1)", "str method() takes at most 0 arguments (1 given)"},
      {"'a'.isalpha(x=1)", "str method() takes no keyword arguments"},
  });
}

}  // namespace
}  // namespace automodel::text::jinja
