// The language as a whole, as templates use it.

#include <gtest/gtest.h>

#include "tests/text/jinja/rendering.h"

namespace automodel::text::jinja {
namespace {

constexpr std::string_view kChatml =
    "{%- for message in messages %}\n"
    "    {%- if loop.first and message.role != 'system' %}\n"
    "        {{- '<|im_start|>system\\nBe kind.<|im_end|>\\n' }}\n"
    "    {%- endif %}\n"
    "    {{- '<|im_start|>' + message['role'] + '\\n' + message['content'] | trim + "
    "'<|im_end|>\\n' }}\n"
    "{%- endfor %}\n"
    "{%- if add_generation_prompt is defined %}{{ '<|im_start|>assistant\\n' }}{% endif %}\n";

TEST(Language, ChatTemplate) {
  EXPECT_EQ(render_text(kChatml),
            "<|im_start|>system\nBe kind.<|im_end|>\n<|im_start|>user\nhi<|im_end|>\n"
            "<|im_start|>assistant\nyo<|im_end|>\n");
}

TEST(Language, GenerationSpansAreBytesOfTheText) {
  const Template tree = parse_template(
      "é{% for m in messages %}{% generation %}{{ m.content }}ü{% endgeneration %},{% endfor %}",
      "test");
  EXPECT_TRUE(tree.has_generation_blocks);
  Runtime runtime(RenderLimits{});
  const RenderedTemplate rendered = render(tree, test_variables(), runtime);
  EXPECT_EQ(rendered.text, "éhiü,yoü,");
  const std::vector<std::pair<std::size_t, std::size_t>> expected = {{2, 6}, {7, 11}};
  EXPECT_EQ(rendered.generations, expected);
}

TEST(Language, VariablesReadFromOutside) {
  const Template tree = parse_template(
      "{{ a }}{% set b = 1 %}{{ b }}{% for c in d %}{{ c.e }}{% endfor %}{{ range(f) }}", "test");
  const std::set<std::string, std::less<>> expected = {"a", "d", "f"};
  EXPECT_EQ(tree.variables, expected);
}

TEST(Language, RefusesWhatChatTemplatesCannotUse) {
  for (const std::string_view source :
       {"{% include 'x' %}", "{% import 'x' as y %}", "{% from 'x' import y %}",
        "{% extends 'x' %}", "{% block x %}{% endblock %}",
        "{% autoescape true %}{% endautoescape %}", "{{ self.x() }}", "{{ lipsum() }}",
        "{{ 'a'|xmlattr }}", "{{ '\\N{BULLET}' }}", "{{ {}.fromkeys() }}", "{{ 'a'.encode() }}"}) {
    SCOPED_TRACE(source);
    try {
      render_text(source);
      ADD_FAILURE() << "no error";
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::unsupported) << error.what();
    }
  }
}

TEST(Language, BytesThatAreNotUtf8) {
  EXPECT_EQ(error_of("a\xff"), "test: the template is not valid UTF-8");
}

}  // namespace
}  // namespace automodel::text::jinja
