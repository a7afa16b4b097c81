#include "data/template_traits.h"

#include "base/text.h"
#include "data/chat_format.h"
#include "data/support.h"
#include "data/test_text.h"

namespace automodel::data {
namespace {

bool is_missing(const Json& row, const TextContext& context) {
  const ChatFormat format(std::make_shared<const TextContext>(context), {});
  return format.tokenize(format.read(row)).notes.not_shown;
}

TEST(TemplateTraits, ArgumentsComeAsTheTemplatePrintsJson) {
  const auto form = [](const std::string& arguments) {
    const TextContext context = with_template(calling_template(arguments));
    return traits_of(require_template(context, true), context).arguments;
  };
  EXPECT_EQ(form("c.function.arguments | tojson"), ArgumentForm::object);
  EXPECT_EQ(form("c.function.arguments"), ArgumentForm::text);
  EXPECT_EQ(form("'```' + c.function.arguments + '```'"), ArgumentForm::text);
  EXPECT_EQ(form("c.function.arguments | string if c.function.arguments is string else "
                 "c.function.arguments | tojson"),
            ArgumentForm::object);
  EXPECT_EQ(form("''"), ArgumentForm::object);
  // A syntax of the template's own for mappings, as Gemma 4 has it.
  EXPECT_EQ(form("'{' + (c.function.arguments if c.function.arguments is string else "
                 "c.function.arguments | items | map('join', ':') | join(',')) + '}'"),
            ArgumentForm::object);
}

TEST(TemplateTraits, WhatTheTemplateDoesNotWriteIsNoted) {
  const auto is_lost = [](const std::string& row, const std::string& source) {
    return is_missing(parse_json(row, "row"), with_template(source));
  };
  const std::string list = "{% for t in tools or [] %}{{ t.function.name }}{% endfor %}";
  const std::string documents = "{% for d in documents or [] %}{{ d.title }}{% endfor %}";
  const std::string calls = calling_template("c.function.arguments | tojson");
  EXPECT_FALSE(is_lost(kCall, list + calls));
  EXPECT_TRUE(is_lost(kCall, calls)) << "tools";
  EXPECT_TRUE(is_lost(kCall, list + kChatMl)) << "calls";
  const std::string turns =
      R"("messages": [{"role": "user", "content": "x"}, {"role": "assistant", "content": "y"}]})";
  EXPECT_FALSE(is_lost("{" + turns, kChatMl));
  const std::string row = R"({"documents": [{"title": "A"}], )" + turns;
  EXPECT_TRUE(is_lost(row, kChatMl));
  EXPECT_FALSE(is_lost(row, documents + kChatMl));
}

TEST(TemplateTraits, MessagesAndReasoningThatTheTemplateDoesNotWriteAreNoted) {
  const auto is_lost = [](const std::string& first, const std::string& reasoning,
                          const std::string& source) {
    Json answer = {{"role", "assistant"}, {"content", "Fine"}};
    if (!reasoning.empty()) {
      answer[reasoning] = "Let me see";
    }
    const Json row = {{"messages",
                       {{{"role", first}, {"content", "Be kind"}},
                        {{"role", "user"}, {"content", "Hi"}},
                        answer}}};
    return is_missing(row, with_template(source));
  };
  const std::string no_system =
      "{% set messages = messages | rejectattr('role', 'in', "
      "['system', 'developer']) | list %}";
  for (const char* role : {"system", "developer"}) {
    EXPECT_FALSE(is_lost(role, "", kChatMl)) << role;
    EXPECT_TRUE(is_lost(role, "", no_system + kChatMl)) << role;
  }
  EXPECT_TRUE(is_lost("user", "reasoning_content", kChatMl));
  EXPECT_TRUE(is_lost("user", "thinking", kChatMl));
  EXPECT_FALSE(is_lost(
      "user", "reasoning_content",
      "{% for m in messages %}{{ '<|im_start|>' + m.role + '\n' + (m.reasoning_content or '') + "
      "m.content + '<|im_end|>\n' }}{% endfor %}"
      "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"));
}

TEST(TemplateTraits, CallsBehindTheFirstThatTheTemplateDoesNotWriteAreNoted) {
  const auto is_lost = [](const std::string& calls, const TextContext& context) {
    return is_missing(parse_json(R"({"messages": [{"role": "user", "content": "Look"},
                                     {"role": "assistant", "tool_calls": [)" +
                                     calls + "]}]}",
                                 "row"),
                      context);
  };
  const std::string f = R"({"function": {"name": "f", "arguments": {}}})";
  const std::string g = R"({"function": {"name": "g", "arguments": {}}})";
  const TextContext writes_all = with_template(calling_template("c.function.arguments | tojson"));
  EXPECT_FALSE(is_lost(f, first_only_context()));
  EXPECT_TRUE(is_lost(f + ", " + g, first_only_context()));
  EXPECT_FALSE(is_lost(f + ", " + g, writes_all));
}

TEST(TemplateTraits, EveryMessageIsLookedFor) {
  const auto is_lost = [](const std::vector<std::string>& turns, const TextContext& context) {
    return is_missing(parse_json(R"({"messages": [)" + join(turns, ", ") + "]}", "row"), context);
  };
  const std::string system = R"({"role": "system", "content": "Reasoning: high"})";
  const std::string developer = R"({"role": "developer", "content": " Answer in French."})";
  const std::string user = R"({"role": "user", "content": "Hi"})";
  const std::string answer = R"({"role": "assistant", "content": "Bonjour"})";
  EXPECT_FALSE(is_lost({system, user, answer}, first_only_context()));
  EXPECT_FALSE(is_lost({developer, user, answer}, first_only_context()));
  EXPECT_TRUE(is_lost({system, developer, user, answer}, first_only_context()));
  EXPECT_FALSE(is_lost({system, developer, user, answer}, chatml_context()));
  const std::string call = R"({"role": "assistant",
      "tool_calls": [{"function": {"name": "f", "arguments": {}}}]})";
  const std::string result = R"({"role": "tool", "content": "a\n\"b\""})";
  EXPECT_FALSE(is_lost({user, call, result, answer}, first_only_context())) << "written as JSON";
  EXPECT_FALSE(is_lost({user, answer, call, result}, first_only_context()))
      << "behind all that is learnt";
}

TEST(TemplateTraits, AContentThatIsWrittenAsJsonIsShown) {
  const std::string result = R"({"temp": 3, "où": "a\b"})";
  const Conversation conversation{
      .messages = {{{"role", "user"}, {"content", "Hi"}}, {{"role", "tool"}, {"content", result}}},
      .learnable = {true, true}};
  const auto is_shown = [&](const std::string& text, std::size_t most_calls) {
    std::size_t num_calls = 0;
    const MarkAll mark_all = [&](const Conversation&) {
      ++num_calls;
      return std::vector<MarkedText>();
    };
    const std::vector<MarkedText> texts = {{text, {}, {}}};
    const bool all = is_all_shown(conversation, {true, true}, texts, {}, mark_all);
    EXPECT_LE(num_calls, most_calls) << text;
    return all;
  };
  EXPECT_TRUE(is_shown("Hi " + result, 0));
  EXPECT_TRUE(is_shown("Hi " + Json(result).dump(), 0));
  EXPECT_TRUE(is_shown("Hi " + Json(result).dump(-1, ' ', true), 0));
  EXPECT_FALSE(is_shown("Hi {\"temp\": 3", 1));
}

TEST(TemplateTraits, ACheckThatIsSwitchedOffLooksForNothing) {
  auto context = with_template(kChatMl);
  const Json row = parse_json(kCall, "row");
  EXPECT_TRUE(is_missing(row, context));
  context.allows_hidden = true;
  EXPECT_FALSE(is_missing(row, context));
}

/// A row whose answer says this beside a call.
Json calling_row(const std::string& content) {
  Json row = parse_json(kCall, "row");
  row["messages"][1]["content"] = content;
  row.erase("tools");
  return row;
}

TEST(TemplateTraits, TextBesideCallsThatTheTemplateDoesNotWriteIsNoted) {
  const auto is_lost = [](const std::string& content, const std::string& source) {
    return is_missing(calling_row(content), with_template(source));
  };
  for (const char* when :
       {"'tool_calls' in m", "m.tool_calls is defined and m.tool_calls is not none"}) {
    const std::string source = either_calls_or_says(when, "m.content");
    EXPECT_TRUE(is_lost("I look.", source)) << when;
    EXPECT_TRUE(is_lost("<think>\nWhere?\n</think>\n\nI look.", source));
    EXPECT_TRUE(is_lost("<think>\nWhere?\n</think>", source));
    EXPECT_FALSE(is_lost(" \n", source));
    EXPECT_FALSE(is_lost("", source));
  }
  EXPECT_TRUE(
      is_lost("I look.", either_calls_or_says("m.tool_calls and not m.content", "m.content")))
      << "the call is lost instead";
  EXPECT_FALSE(is_lost("", either_calls_or_says("m.tool_calls and not m.content", "m.content")));
}

TEST(TemplateTraits, TextBesideCallsMayBeWrittenOtherwise) {
  const auto is_lost = [](const std::string& written) {
    const auto source = "{% for m in messages %}{{ '<|im_start|>' + m.role + '\n' }}{{ " + written +
                        " }}{% for c in m.tool_calls or [] %}{{ c.function | tojson }}{% endfor %}"
                        "{{ '<|im_end|>\n' }}{% endfor %}"
                        "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}";
    const Json row = calling_row("<think>Where?</think> I \"look\" < there.\n");
    return is_missing(row, with_template(source));
  };
  for (const char* written : {"m.content | trim", "m.content | tojson", "m.content | escape",
                              "m.content.split('</think>') | reverse | join"}) {
    EXPECT_FALSE(is_lost(written)) << written;
  }
  EXPECT_TRUE(is_lost("'' if m.tool_calls else m.content"));
}

TEST(TemplateTraits, ThinkingInsideTheContentThatTheTemplateDoesNotWriteIsNoted) {
  const auto is_lost = [](const Json& messages, const std::string& source) {
    return is_missing({{"messages", messages}}, with_template(source));
  };
  const Json user = {{"role", "user"}, {"content", "<think>Hm</think> a"}};
  const Json thought = {{"role", "assistant"}, {"content", "<think>\nWhy?\n</think>\n\nb"}};
  const Json plain = {{"role", "assistant"}, {"content", "<think>\n\n</think>\n\nb"}};
  // As DeepSeek V3.1's.
  const std::string drops =
      replace_all(kChatMl, "m.content",
                  "(m.content.split('</think>')[-1] if m.role == 'assistant' else m.content)");
  EXPECT_TRUE(is_lost({user, thought}, drops));
  EXPECT_TRUE(is_lost({user, thought, user, plain}, drops));
  EXPECT_FALSE(is_lost({user, plain}, drops));
  Json context_only = thought;
  context_only["weight"] = 0;
  EXPECT_FALSE(is_lost({user, context_only, user, plain}, drops)) << "not learnt";
  EXPECT_FALSE(is_lost({user, thought}, kCutsThinking));
  EXPECT_FALSE(is_lost({user, thought}, kChatMl));
  // As Qwen3's: of the last answer it stays.
  const std::string drops_old = replace_all(kChatMl, "m.content",
                                            "(m.content.split('</think>')[-1] if not loop.last and "
                                            "m.role == 'assistant' else m.content)");
  EXPECT_FALSE(is_lost({user, thought, user, thought}, drops_old));
}

}  // namespace
}  // namespace automodel::data
