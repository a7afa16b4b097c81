#include "text/chat_template.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "base/error.h"

namespace automodel::text {
namespace {

using ::testing::HasSubstr;

const Json kMessages = {{{"role", "user"}, {"content", "hi"}},
                        {{"role", "assistant"}, {"content", "yo"}}};

std::string render(std::string source, const RenderOptions& options = {},
                   const SpecialTokens& tokens = {}) {
  return ChatTemplate::parse(std::move(source), "test").render(kMessages, options, tokens).text;
}

TEST(ChatTemplate, VariablesOfTransformers) {
  EXPECT_EQ(render("{{ tools }} {{ documents }} {{ add_generation_prompt }} {{ messages|length }}"),
            "None None False 2");
  RenderOptions options;
  options.add_generation_prompt = true;
  options.tools = {{{"name", "f"}}};
  options.documents = {{{"title", "t"}}};
  options.extra = {{"enable_thinking", false}, {"bos_token", "<B>"}};
  EXPECT_EQ(render("{{ tools[0].name }}{{ documents[0].title }}{{ add_generation_prompt }}"
                   "{{ enable_thinking }}{{ bos_token }}{{ eos_token }}{{ pad_token is defined }}",
                   options, {.bos_token = "<s>", .eos_token = "</s>"}),
            "ftTrueFalse<B></s>False");
}

TEST(ChatTemplate, GenerationSpans) {
  const ChatTemplate chat_template = ChatTemplate::parse(
      "{% for m in messages %}{% if m.role == 'user' %}{{ m.content }}{% else %}{% generation %}"
      "{{ m.content }}{% endgeneration %}{% endif %}{% endfor %}",
      "test");
  const Rendered rendered = chat_template.render(kMessages);
  EXPECT_EQ(rendered.text, "hiyo");
  EXPECT_TRUE(rendered.has_generation_blocks);
  EXPECT_EQ(rendered.generation_spans, (std::vector<Span>{{2, 4}}));
  EXPECT_FALSE(ChatTemplate::parse("x", "test").render(kMessages).has_generation_blocks);
}

TEST(ChatTemplate, ContinuesTheFinalMessage) {
  RenderOptions options;
  options.continue_final_message = true;
  const std::string source = "{% for m in messages %}<{{ m.content }}>{% endfor %}!";
  EXPECT_EQ(render(source, options), "<hi><yo");
  options.add_generation_prompt = true;
  EXPECT_THROW(render(source, options), Error);
}

TEST(ChatTemplate, RaisedTextIsTheMessage) {
  try {
    render("\n{{ raise_exception('Roles must alternate: {}!') }}");
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::invalid_argument);
    EXPECT_EQ(error.message(), "Roles must alternate: {}!");
    EXPECT_THAT(error.what(), HasSubstr("rendering line 2 of the chat template 'test'"));
  }
}

TEST(ChatTemplate, SyntaxErrorsNameTemplateAndLine) {
  try {
    ChatTemplate::parse("\n{% if %}", "my.jinja");
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("my.jinja:2: Expected an expression"));
  }
}

TEST(ChatTemplate, RefusesOptionsOfTheWrongKind) {
  RenderOptions options;
  options.tools = "x";
  EXPECT_THROW(render("x", options), Error);
  options.tools = Json::array({1});
  EXPECT_THROW(render("x", options), Error);
  options.tools = nullptr;
  options.extra = {{"messages", 1}};
  EXPECT_THROW(render("x", options), Error);
  options.extra = Json::array();
  EXPECT_THROW(render("x", options), Error);
  EXPECT_THROW(ChatTemplate::parse("x", "test").render(Json("text")), Error);
}

TEST(ChatTemplate, TellsWhatItReads) {
  const ChatTemplate chat_template = ChatTemplate::parse("{{ tools }}{% set x = 1 %}", "a name");
  EXPECT_TRUE(chat_template.uses("tools"));
  EXPECT_FALSE(chat_template.uses("x"));
  EXPECT_EQ(chat_template.source(), "{{ tools }}{% set x = 1 %}");
  EXPECT_EQ(chat_template.name(), "a name");
}

TEST(ChatTemplate, RendersInSeveralThreads) {
  const ChatTemplate chat_template =
      ChatTemplate::parse("{% for m in messages %}{{ m.content|upper }}{% endfor %}", "test");
  std::vector<std::thread> threads;
  std::vector<std::string> texts(4);
  for (std::string& text : texts) {
    threads.emplace_back([&] {
      for (int i = 0; i < 50; ++i) {
        text = chat_template.render(kMessages).text;
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  EXPECT_THAT(texts, ::testing::Each("HIYO"));
}

}  // namespace
}  // namespace automodel::text
