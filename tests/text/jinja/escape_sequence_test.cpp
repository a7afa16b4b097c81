#include <gtest/gtest.h>

#include "tests/text/jinja/rendering.h"

namespace automodel::text::jinja {
namespace {

TEST(EscapeSequence, Known) {
  expect_templates({
      {R"({{ "a\tb\nc\\d\'e\"f\a\b\f\v\r" }})", "a\tb\nc\\d'e\"f\007\010\014\013\r"},
      {R"({{ '\x41\u00e9\U0001f642\101' }})", "Aé🙂A"},
      {"{{ 'a\\\nb' }}", "ab"},
  });
}

TEST(EscapeSequence, KeptAsTheyAre) {
  expect_templates({
      {R"({{ '\q\d\ ' }})", R"(\q\d\ )"},
      {R"({{ '\é\🙂\ÿ' }})", R"(\xe9\U0001f642\xff)"},
  });
}

}  // namespace
}  // namespace automodel::text::jinja
