#include <gtest/gtest.h>

#include "tests/text/jinja/rendering.h"

namespace automodel::text::jinja {
namespace {

TEST(Markup, Escaping) {
  expect_texts({
      {R"('<b>&"\''|escape)", "&lt;b&gt;&amp;&#34;&#39;"},
      {"'<b>'|e ~ '<'", "&lt;b&gt;<"},
      {"('<b>'|safe) + '<'", "<b>&lt;"},
      {"'<' + ('<b>'|safe)", "&lt;<b>"},
      {"('%s'|safe) % '<'", "&lt;"},
      {"('{}'|safe).format('<')", "&lt;"},
      {"('<'|safe).join(['<', '>'|safe])", "&lt;<>"},
      {"('a'|safe) * 2 + '&'", "aa&amp;"},
      {"'<'|e|e", "&lt;"},
      {"'<'|e|forceescape", "&amp;lt;"},
      {"none|e", "None"},
      {"('a<'|safe).replace('a', '&')", "&amp;<"},
  });
}

TEST(Markup, Class) {
  expect_texts({
      {"[('a'|safe)|upper]", "[Markup('A')]"},
      {"[('a b'|safe).split()]", "[[Markup('a'), Markup('b')]]"},
      {"[('abc'|safe)[1:]]", "[Markup('bc')]"},
      {"[('a'|safe)|string]", "[Markup('a')]"},
      {"['x' ~ ('a'|safe)]", "['xa']"},
      {"('a'|safe)|tojson", R"("a")"},
      {"('a'|safe) == 'a'", "True"},
      {"{'a': 1}[('a'|safe)]", "1"},
      {"[('a'|safe)|replace('a', 'b')]", "['b']"},
      {"[[('a'|safe)]|join]", "['a']"},
  });
}

}  // namespace
}  // namespace automodel::text::jinja
