// Templates broken at random: an error or a text, never a crash, a hang or a leak.
// AM_FUZZ_SECONDS sets how long it runs (default: one second).

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <cstdlib>

#include "base/random.h"
#include "tests/text/jinja/rendering.h"

namespace automodel::text::jinja {
namespace {

constexpr std::array<std::string_view, 12> kSeeds = {
    "{% for m in messages %}{{ loop.index }}{{ m.role|upper }}{% if loop.last %}{{ m['content'] }}"
    "{% elif m.x is defined %}{% continue %}{% else %}{% break %}{% endif %}{% endfor %}",
    "{% set ns = namespace(a=1, b=[]) %}{% for i in range(9) if i is odd %}{% set ns.a = ns.a + i "
    "%}"
    "{% set ns.b = ns.b + [i] %}{% endfor %}{{ ns.a }}{{ ns.b|join(',') }}{{ ns }}",
    "{% macro f(a, b=2, *c) %}{{ a ~ b }}{{ varargs }}{{ kwargs }}{% endmacro %}{{ f(1, c=3) }}",
    "{% macro f(n) %}{{ n }}{{ caller(n) }}{% if n %}{{ f(n - 1) }}{% endif %}{% endmacro %}"
    "{% call(x) f(3) %}<{{ x }}>{% endcall %}",
    "{%- set x | trim | upper -%} a {{- 'b' -}} {% endset %}{# c #}{% raw %}{{ }}{% endraw %}{{ x "
    "}}",
    "{{ [3, 1, 2]|sort|map('string')|join('-') ~ {'a': [1, {'b': none}]}|tojson(indent=2) }}",
    "{{ '%5.2f|%-5s|%x' % (1.5, 'é', 255) ~ '{:>8}{!r}{0}'.format('a', [1]) ~ 'abc'[::-1][1:] }}",
    "{% for i in [1, [2, [3]]] recursive %}{{ loop.depth }}{{ loop(i) if i is iterable else i }}"
    "{% else %}e{% endfor %}",
    "{% generation %}{% filter replace('a', 'b')|indent(2) %}a\na{% endfilter %}{% endgeneration "
    "%}",
    "{% with a = messages, b = 1 %}{{ (a|selectattr('role', 'eq', 'user')|list|length) // b }}"
    "{% endwith %}{{ 2 ** 10 % 7 - -3 }}{{ 1 < 2 <= 3 and not 'x' in 'y' or none }}",
    "{{ ' a,b '.strip().split(',')|batch(2, 'x')|list|pprint }}{{ 'ß'.upper()|title|truncate(3) }}",
    "{% set a, (b, c) = 1, (2, 3) %}{{ dict(a=1)|dictsort|groupby(0)|list }}{{ cycler(1, 2).next() "
    "}}"};

constexpr std::array<std::string_view, 24> kPieces = {
    "{%", "%}", "{{", "}}",           "-",    "|",       "(",    ")",  "[",
    "]",  "'",  "\"", " in ",         " if ", " is ",    "loop", "ns", "1",
    "*",  "**", ":",  "{% endfor %}", "\\",   "\xc3\xa9"};

class Mutator {
 public:
  explicit Mutator(std::uint64_t seed) : random_(seed, StreamPurpose::mock) {}

  std::string mutate(std::string text) {
    const std::uint64_t changes = 1 + random_.below(6);
    for (std::uint64_t i = 0; i < changes; ++i) {
      change(text);
    }
    return text;
  }
  std::string_view seed() { return kSeeds[random_.below(kSeeds.size())]; }

 private:
  void change(std::string& text) {
    const std::size_t at = random_.below(text.size() + 1);
    const std::size_t count = std::min<std::size_t>(random_.below(8), text.size() - at);
    switch (random_.below(5)) {
      case 0:
        text.erase(at, count);
        break;
      case 1:
        text.insert(at, kPieces[random_.below(kPieces.size())]);
        break;
      case 2:
        text.insert(at, text.substr(random_.below(text.size() + 1), random_.below(40)));
        break;
      case 3:
        text.insert(at, seed().substr(0, random_.below(60)));
        break;
      default:
        text.insert(at, 1, static_cast<char>(random_.below(256)));
    }
  }

  RandomStream random_;
};

double seconds_to_run() {
  const char* text = std::getenv("AM_FUZZ_SECONDS");
  return text != nullptr ? std::strtod(text, nullptr) : 1.0;
}

TEST(Fuzz, MutatedTemplates) {
  using Clock = std::chrono::steady_clock;
  const auto end = Clock::now() + std::chrono::duration<double>(seconds_to_run());
  const RenderLimits limits = {
      .steps = 200'000, .output_bytes = 1 << 20, .allocated_bytes = 1 << 24};
  std::size_t rendered = 0;
  for (std::uint64_t round = 0; Clock::now() < end; ++round) {
    Mutator mutator(round);
    const std::string source = mutator.mutate(std::string(mutator.seed()));
    const auto start = Clock::now();
    rendered += error_of(source, limits) ? 0 : 1;
    const std::chrono::duration<double> taken = Clock::now() - start;
    ASSERT_LT(taken.count(), 20) << source;
  }
  EXPECT_GT(rendered, 0U);
}

}  // namespace
}  // namespace automodel::text::jinja
