#include <gtest/gtest.h>

#include "tests/text/jinja/rendering.h"

namespace automodel::text::jinja {
namespace {

TEST(Loop, Positions) {
  expect_templates({
      {"{% for i in 'abc' %}{{ loop.index }}{{ loop.index0 }}{{ loop.revindex }}{{ loop.revindex0 "
       "}}{{ loop.first }}{{ loop.last }}{{ loop.length }}{{ loop.depth }}{{ loop.depth0 }} {% "
       "endfor %}",
       "1032TrueFalse310 2121FalseFalse310 3210FalseTrue310 "},
  });
}

TEST(Loop, Neighbours) {
  expect_templates({
      {"{% for i in [1, 2, 3] %}{{ loop.previtem }}<{{ i }}>{{ loop.nextitem }} {% endfor %}",
       "<1>2 1<2>3 2<3> "},
      {"{% for i in [1, 2] %}{{ loop.previtem is defined }}{{ loop.nextitem is defined }}{% endfor "
       "%}",
       "FalseTrueTrueFalse"},
  });
}

TEST(Loop, OnDemandItems) {
  expect_templates({
      {"{% for a, b in [[1, 2], [3, 4]] if a %}{{ loop.previtem }}{% endfor %}", "(1, 2)"},
      {"{% for i in range(6) if i is odd %}{{ loop.index }}/{{ loop.length }}{{ loop.last }} {% "
       "endfor %}",
       "1/3False 2/3False 3/3True "},
      {"{% for i in [3, 4]|map('string') %}{{ loop.nextitem }}{{ loop.length }}{{ loop.revindex }} "
       "{% endfor %}",
       "422 21 "},
      {"{% set it = [1, 2, 3]|map('string') %}{% for i in it %}{{ i }}{% if loop.first %}{% for j "
       "in it %}[{{ j }}]{% endfor %}{% endif %}{% endfor %}",
       "1[2][3]"},
  });
}

TEST(Loop, CycleAndChanged) {
  expect_templates({
      {"{% for i in range(4) %}{{ loop.cycle('a', 'b') }}{% endfor %}", "abab"},
      {"{% for i in [1, 1, 2] %}{{ loop.changed(i) }}{% endfor %}", "TrueFalseTrue"},
  });
}

TEST(Loop, Nested) {
  expect_templates({
      {"{% for i in [1, 2] %}{% for j in 'ab' %}{{ loop.index }}{% endfor %}{{ loop.index }} {% "
       "endfor %}",
       "121 122 "},
      {"{% for i in [1, 2] %}{% set outer = loop %}{% for j in 'ab' %}{{ outer.index }}{{ "
       "loop.index }} {% endfor %}{% endfor %}",
       "11 12 21 22 "},
      {"{% for i in [1, 2] %}{% for j in [5] if loop.first %}{{ i }}{% endfor %}{% endfor %}", "1"},
  });
}

TEST(Loop, Recursive) {
  expect_templates({
      {"{% for i in [1, [2, [3]]] recursive %}{{ loop.depth }}:{% if i is iterable %}({{ loop(i) "
       "}}){% else %}{{ i }} {% endif %}{% endfor %}",
       "1:1 1:(2:2 2:(3:3 ))"},
      {"{% for i in [] recursive %}x{% else %}e{% endfor %}", "e"},
  });
}

TEST(Loop, Printed) {
  expect_templates({
      {"{% for i in 'ab' %}{{ loop }}{% endfor %}", "<LoopContext 1/2><LoopContext 2/2>"},
  });
}

}  // namespace
}  // namespace automodel::text::jinja
