// Limits: a template cannot run forever or exhaust memory.

#include "text/jinja/runtime.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/text/jinja/rendering.h"

namespace automodel::text::jinja {
namespace {

using ::testing::HasSubstr;

std::string limit_error(std::string_view source, const RenderLimits& limits = {}) {
  return error_of(source, limits).value_or("(no error)");
}

TEST(Limits, Steps) {
  const std::string loops =
      "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}";
  EXPECT_THAT(limit_error(loops), HasSubstr("(limit 'steps')"));
  EXPECT_THAT(limit_error("{{ [1] * 1000 }}", {.steps = 100}), HasSubstr("100 steps"));
  EXPECT_EQ(error_of("{{ 1 }}", {.steps = 10}), std::nullopt);
}

TEST(Limits, OutputBytes) {
  EXPECT_THAT(limit_error("{{ 'x' * 100 }}", {.output_bytes = 99}), HasSubstr("'output_bytes'"));
  EXPECT_EQ(error_of("{{ 'x' * 100 }}", {.output_bytes = 100}), std::nullopt);
  EXPECT_THAT(limit_error("{% set x %}{{ 'x' * 100 }}{% endset %}", {.output_bytes = 99}),
              HasSubstr("'output_bytes'"));
}

TEST(Limits, AllocatedBytes) {
  const std::string growing =
      "{% set ns = namespace(s='x' * 1000) %}{% for i in range(1000) %}{% set ns.s = ns.s + 'x' %}"
      "{% endfor %}";
  EXPECT_THAT(limit_error(growing, {.allocated_bytes = 500'000}), HasSubstr("'allocated_bytes'"));
  EXPECT_EQ(error_of(growing), std::nullopt);
}

TEST(Limits, Depth) {
  EXPECT_THAT(limit_error("{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}"),
              HasSubstr("(limit 'depth')"));
  EXPECT_THAT(limit_error("{% for i in [1] recursive %}{{ loop([1]) }}{% endfor %}"),
              HasSubstr("(limit 'depth')"));
  EXPECT_EQ(
      error_of("{% macro f(n) %}{% if n %}{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(90) }}"),
      std::nullopt);
}

TEST(Limits, NestedValues) {
  const std::string deep =
      "{% set ns = namespace(l=[]) %}{% for i in range(1000) %}{% set ns.l = [ns.l] %}{% endfor %}";
  EXPECT_THAT(limit_error(deep), HasSubstr("nested more than 500 levels"));
  const std::string wide =
      "{% set ns = namespace(l=[1]) %}{% for i in range(40) %}{% set ns.l = [ns.l, ns.l] %}"
      "{% endfor %}{{ ns.l }}";
  EXPECT_THAT(limit_error(wide), HasSubstr("parts"));
  const std::string iterators =
      "{% set ns = namespace(i=[1]) %}{% for i in range(1000) %}{% set ns.i = ns.i|map('string') %}"
      "{% endfor %}{{ ns.i|list }}";
  EXPECT_THAT(limit_error(iterators), HasSubstr("chains more than 500 iterators"));
}

TEST(Limits, LargeStringsAndLists) {
  for (const std::string_view source : {"{{ 'x' * 1000000000 }}",
                                        "{{ [1] * 1000000000000 }}",
                                        "{{ 'x'.center(1000000000) }}",
                                        "{{ 'x'|center(1000000000) }}",
                                        "{{ '%1000000000d' % 1 }}",
                                        "{{ '{:1000000000}'.format(1) }}",
                                        "{{ 'a'|indent(1000000000, true) }}",
                                        "{{ [1]|tojson(indent=1000000000) }}",
                                        "{{ 'x'.zfill(1000000000) }}",
                                        "{{ '\t'.expandtabs(1000000000) }}",
                                        "{{ [1]|batch(1000000000, 1)|list }}",
                                        "{{ [1]|slice(1000000000)|list }}",
                                        "{{ range(1000000) }}",
                                        "{{ ('x' * 60000000).replace('x', 'yy') }}",
                                        "{{ ('x' * 60000000).replace('', 'yy') }}",
                                        "{{ ('x' * 9000).join('x' * 9000) }}",
                                        "{{ ('<' * 60000000)|escape }}",
                                        "{{ '{:.99999999f}'.format(1.0) }}",
                                        "{{ ('x' * 60000000)|list }}",
                                        "{{ 'x' * 9223372036854775807 }}"}) {
    SCOPED_TRACE(source);
    EXPECT_THAT(limit_error(source), ::testing::AnyOf(HasSubstr("more than"), HasSubstr("too big"),
                                                      HasSubstr("(limit 'steps')")));
  }
}

TEST(Limits, NestingOfTheSource) {
  const auto repeated = [](std::string_view text, int count) {
    std::string out;
    for (int i = 0; i < count; ++i) {
      out += text;
    }
    return out;
  };
  EXPECT_THAT(limit_error("{{ " + repeated("(", 10'000)), HasSubstr("nested more than 200"));
  EXPECT_THAT(limit_error("{{ " + repeated("not ", 10'000) + "1 }}"),
              HasSubstr("nested more than"));
  EXPECT_THAT(limit_error("{{ " + repeated("-", 10'000) + "1 }}"), HasSubstr("nested more than"));
  EXPECT_THAT(limit_error("{{ 1" + repeated(" + 1", 10'000) + " }}"),
              HasSubstr("chains more than"));
  EXPECT_THAT(limit_error("{{ x" + repeated(".x", 10'000) + " }}"), HasSubstr("chains more than"));
  EXPECT_THAT(limit_error("{{ x" + repeated("|e", 10'000) + " }}"), HasSubstr("chains more than"));
  EXPECT_THAT(limit_error(repeated("{% if 1 %}", 10'000)),
              HasSubstr("blocks are nested more than"));
  EXPECT_THAT(limit_error("{% set x" + repeated("|e", 10'000) + " %}{% endset %}"),
              HasSubstr("chains more than"));
}

TEST(Limits, ObjectsThatHoldThemselvesAreFreed) {
  EXPECT_EQ(
      render_text("{% set ns = namespace() %}{% set ns.me = ns %}{% macro f() %}{% endmacro %}"
                  "{% set ns.f = f %}{% for i in [1] %}{% set ns.l = loop %}"
                  "{{ loop.changed(loop) }}{% endfor %}"),
      "True");
  EXPECT_THAT(limit_error("{% set ns = namespace() %}{% set ns.me = ns %}{{ ns }}"),
              HasSubstr("maximum recursion depth"));
  EXPECT_EQ(render_text("{% set ns = namespace() %}{% for i in range(20000) %}"
                        "{% set ns.next = namespace(next=ns.next) %}{% endfor %}ok"),
            "ok");
}

TEST(Limits, ErrorsNameTemplateAndLine) {
  try {
    render_text("a\n{% for i in [1] %}\n{{ 1 / 0 }}{% endfor %}");
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.message(), "division by zero");
    EXPECT_STREQ(error.what(),
                 "division by zero\n  while rendering line 3 of the chat template 'test'");
  }
}

}  // namespace
}  // namespace automodel::text::jinja
