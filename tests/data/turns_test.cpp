#include "data/turns.h"

#include "data/support.h"
#include "data/test_text.h"

namespace automodel::data {
namespace {

Json turn(const char* role, const char* content) { return {{"role", role}, {"content", content}}; }

/// The parts of the rendering with their roles.
std::vector<std::string> parts(const std::string& chat_template, const Json& messages) {
  const auto parsed = text::ChatTemplate::parse(chat_template, "test");
  const Render render = [&](const Json& shown, bool add_generation_prompt) {
    text::RenderOptions options;
    options.add_generation_prompt = add_generation_prompt;
    return parsed.render(shown, options, {});
  };
  const std::string whole = render(messages, false).text;
  std::vector<std::string> out;
  std::size_t begin = 0;
  for (const Turn& turn : find_turns(messages, whole, render)) {
    out.push_back(fmt::format("{}: {}", kRoleNames[static_cast<std::size_t>(turn.role)],
                              whole.substr(begin, turn.end - begin)));
    begin = turn.end;
  }
  return out;
}

TEST(Turns, ArePrefixes) {
  const Json messages = {turn("system", "S"), turn("user", "Q"), turn("assistant", "A")};
  EXPECT_THAT(parts(kChatMl, messages),
              ::testing::ElementsAre("system: <|im_start|>system\nS<|im_end|>\n",
                                     "user: <|im_start|>user\nQ<|im_end|>\n",
                                     "assistant: <|im_start|>assistant\nA<|im_end|>\n"));
}

TEST(Turns, EndBehindTheContentWhereTheTemplateChangesThem) {
  // The answer is shown in capitals while it is the last message.
  const char* changing =
      "{% for m in messages %}{{ loop.index }}:{{ m.content | upper if loop.last else m.content }};"
      "{% endfor %}";
  const Json messages = {turn("user", "q"), turn("assistant", "a"), turn("user", "r"),
                         turn("assistant", "B")};
  EXPECT_THAT(parts(changing, messages), ::testing::ElementsAre("user: 1:q", "assistant: ;2:a",
                                                                "user: ;3:r", "assistant: ;4:B;"));
}

TEST(Turns, TemplatesThatRefuseShortConversations) {
  const char* refusing =
      "{% if messages | length < 2 %}{{ raise_exception('too short') }}{% endif %}"
      "{% for m in messages %}{{ m.role[0] }}:{{ m.content }};{% endfor %}";
  const Json messages = {turn("user", "q"), turn("assistant", "a")};
  EXPECT_THAT(parts(refusing, messages), ::testing::ElementsAre("user: u:q", "assistant: ;a:a;"));
}

TEST(Turns, TextThatShowsTheFirstMessagesOnly) {
  const Json messages = {turn("user", "q"), turn("assistant", "a"), turn("user", "r")};
  const auto parsed = text::ChatTemplate::parse(kChatMl, "test");
  const Render render = [&](const Json& shown, bool) { return parsed.render(shown, {}, {}); };
  const std::string text = render({messages[0], messages[1]}, false).text;
  const auto turns = find_turns(messages, text, render);
  ASSERT_EQ(turns.size(), 2U);
  EXPECT_EQ(turns.back(), (Turn{Role::assistant, text.size()}));
}

}  // namespace
}  // namespace automodel::data
