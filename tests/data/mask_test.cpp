#include "data/mask.h"

#include <utility>

#include "data/support.h"

namespace automodel::data {
namespace {

Json message(const std::string& role, const std::string& content) {
  return {{"role", role}, {"content", content}};
}

/// [user:Hi] [assistant:Hello] ...; an assistant's reasoning as (..) before its content.
text::Rendered simple(const Json& messages, bool add_generation_prompt) {
  text::Rendered out;
  for (const Json& m : messages) {
    const std::string reasoning = m.value("reasoning_content", "");
    out.text += "[" + m["role"].get<std::string>() + ":" +
                (reasoning.empty() ? "" : "(" + reasoning + ")") + m["content"].get<std::string>() +
                "]\n";
  }
  out.text += add_generation_prompt ? "[assistant:" : "";
  return out;
}

/// As simple, but shows reasoning after the last user's message only, as Qwen3's template does.
text::Rendered drops_old_reasoning(const Json& messages, bool add_generation_prompt) {
  Json shown = messages;
  std::size_t last_user = 0;
  for (std::size_t i = 0; i < messages.size(); ++i) {
    last_user = messages[i]["role"] == "user" ? i : last_user;
  }
  for (std::size_t i = 0; i < last_user; ++i) {
    shown[i].erase("reasoning_content");
  }
  return simple(shown, add_generation_prompt);
}

std::vector<bool> assistants(const Json& messages) {
  return wanted_messages(messages, std::vector<bool>(messages.size(), true), {});
}

/// The text with answers in <> and holes in {}.
std::string shown_marks(const MarkedText& marked) {
  std::string out;
  const auto is_at = [](auto at) { return [at](const auto& span) { return span.begin == at; }; };
  const auto ends_at = [](auto at) { return [at](const auto& span) { return span.end == at; }; };
  for (std::size_t i = 0; i <= marked.text.size(); ++i) {
    const auto count = [&](const auto& spans, auto test) {
      return static_cast<std::size_t>(std::count_if(spans.begin(), spans.end(), test));
    };
    out += std::string(count(marked.holes, ends_at(i)), '}');
    out += std::string(count(marked.answers, ends_at(i)), '>');
    out += std::string(count(marked.answers, is_at(i)), '<');
    out += std::string(count(marked.holes, is_at(i)), '{');
    out += i < marked.text.size() ? marked.text.substr(i, 1) : "";
  }
  return out;
}

std::vector<std::string> mark(const Json& messages, const Render& render,
                              bool mask_reasoning = false) {
  std::vector<std::string> out;
  for (const MarkedText& marked :
       mark_messages({messages, assistants(messages), mask_reasoning, "$"}, render)) {
    out.push_back(shown_marks(marked));
  }
  return out;
}

TEST(Mask, EveryAnswerOfAStableTemplate) {
  const Json messages = {message("user", "a"), message("assistant", "b"), message("user", "c"),
                         message("assistant", "d"), message("user", "e")};
  EXPECT_EQ(mark(messages, simple),
            (std::vector<std::string>{
                "[user:a]\n[assistant:<b]\n>[user:c]\n[assistant:<d]\n>[user:e]\n"}));
}

TEST(Mask, WantedMessages) {
  const Json messages = {message("user", "a"), message("assistant", "b"), message("assistant", "c"),
                         message("user", "d")};
  const std::vector<bool> all(4, true);
  EXPECT_EQ(wanted_messages(messages, all, {}), (std::vector<bool>{false, true, true, false}));
  EXPECT_EQ(wanted_messages(messages, all, {.mask_history = true}),
            (std::vector<bool>{false, false, true, false}));
  EXPECT_EQ(wanted_messages(messages, all, {.train_roles = {"user"}}),
            (std::vector<bool>{true, false, false, true}));
  EXPECT_EQ(wanted_messages(messages, {true, true, false, true}, {.mask_history = true}),
            (std::vector<bool>{false, true, false, false}));
}

TEST(Mask, SomethingMustBeWanted) {
  const Json messages = {message("system", "a"), message("user", "b")};
  EXPECT_EQ(error_of([&] { assistants(messages); }),
            "the conversation has no assistant message: there is nothing to learn (the "
            "check 'no_trained_tokens')");
  const Json answered = {message("user", "b"), message("assistant", "c")};
  EXPECT_EQ(error_of([&] { wanted_messages(answered, {true, false}, {}); }),
            "no message is learnt: the row's weights switch all of them off (the check "
            "'no_trained_tokens')");
  EXPECT_EQ(wanted_messages(answered, {true, false}, {.allows_untrained = true}),
            (std::vector<bool>{false, false}));
}

TEST(Mask, OtherRolesAreLearntWithTheirHeader) {
  const Json messages = {message("user", "a"), message("assistant", "b"), message("user", "c")};
  const auto wanted =
      wanted_messages(messages, {true, true, true}, {.train_roles = {"user", "assistant"}});
  const auto marked = mark_messages({messages, wanted}, simple);
  ASSERT_EQ(marked.size(), 1U);
  EXPECT_EQ(shown_marks(marked[0]), "<[user:a]\n>[assistant:<b]\n><[user:c]\n>");
}

TEST(Mask, RolesAreNamed) {
  const auto read = [](const Json& keys) {
    Keys reader(keys, "dataset X");
    return read_train_roles(reader);
  };
  using Roles = std::vector<std::string>;
  EXPECT_EQ(read(Json::object()), Roles{"assistant"});
  EXPECT_EQ(read({{"roles_to_train", {"user", "assistant"}}}), (Roles{"user", "assistant"}));
  EXPECT_EQ(error_of([&] { read({{"roles_to_train", {"asistant"}}}); }),
            "roles_to_train: there is no role 'asistant'; did you mean 'assistant'?; roles are "
            "system, developer, user, assistant, tool");
  EXPECT_EQ(error_of([&] { read({{"roles_to_train", Json::array()}}); }),
            "roles_to_train must be a list of roles (system, developer, user, assistant, tool), "
            "found []");
  EXPECT_FALSE(trains_prompts({}));
  EXPECT_TRUE(trains_prompts({.train_roles = {"assistant", "tool"}}));
}

Json thinking_conversation() {
  Json first = message("assistant", "b");
  first["reasoning_content"] = "one";
  Json second = message("assistant", "d");
  second["reasoning_content"] = "two";
  return {message("user", "a"), first, message("user", "c"), second};
}

TEST(Mask, AnswersShownOtherwiseLaterBecomeTextsOfTheirOwn) {
  EXPECT_EQ(
      mark(thinking_conversation(), drops_old_reasoning),
      (std::vector<std::string>{"[user:a]\n[assistant:<(one)b]\n>",
                                "[user:a]\n[assistant:b]\n[user:c]\n[assistant:<(two)d]\n>"}));
  EXPECT_EQ(mark(thinking_conversation(), simple),
            (std::vector<std::string>{
                "[user:a]\n[assistant:<(one)b]\n>[user:c]\n[assistant:<(two)d]\n>"}));
}

TEST(Mask, ATurnOfTheUserAtTheEndHidesTheLastReasoning) {
  Json messages = thinking_conversation();
  messages.push_back(message("user", "e"));
  EXPECT_EQ(mark(messages, drops_old_reasoning),
            mark(thinking_conversation(), drops_old_reasoning));
}

TEST(Mask, ToolRoundsStayTogether) {
  Json call = message("assistant", "call");
  call["reasoning_content"] = "r";
  const Json messages = {message("user", "a"), call, message("tool", "t"),
                         message("assistant", "b")};
  EXPECT_EQ(
      mark(messages, drops_old_reasoning),
      (std::vector<std::string>{"[user:a]\n[assistant:<(r)call]\n>[tool:t]\n[assistant:<b]\n>"}));
}

TEST(Mask, ReasoningCanBeLeftOut) {
  EXPECT_EQ(
      mark(thinking_conversation(), drops_old_reasoning, true),
      (std::vector<std::string>{"[user:a]\n[assistant:<{(one)}b]\n>",
                                "[user:a]\n[assistant:b]\n[user:c]\n[assistant:<{(two)}d]\n>"}));
  Json messages = thinking_conversation();
  messages[1]["reasoning_content"] = "\xC3\xA9";  // shares its first byte with what follows
  messages[1]["content"] = "\xC3\xA8";
  const Render bare = [](const Json& rendered, bool add_generation_prompt) {
    text::Rendered out;
    for (const Json& m : rendered) {
      out.text += m.value("reasoning_content", "") + m["content"].get<std::string>() + "|";
    }
    out.text += add_generation_prompt ? "" : "";
    return out;
  };
  EXPECT_EQ(mark(messages, bare, true),
            (std::vector<std::string>{"a|<{\xC3\xA9}\xC3\xA8|>c|<{two}d|>"}));
}

/// The hole in the answer to "a" whose reasoning `with` shows and `without` does not.
std::string hole_in(const std::string& with, const std::string& without) {
  Json answer = message("assistant", "b");
  answer["reasoning_content"] = "r";
  const Render render = [&](const Json& messages, bool) {
    text::Rendered out;
    out.text = "a|";
    if (messages.size() > 1) {
      out.text += messages[1]["reasoning_content"] == "" ? without : with;
    }
    return out;
  };
  return mark({message("user", "a"), answer}, render, true).front();
}

TEST(Mask, ReasoningEndsWhereTheNextTagBegins) {
  EXPECT_EQ(hole_in("<think>\nr\n</think>\n\n<tool_call>x", "<tool_call>x"),
            "a|<{<think>\nr\n</think>\n\n}<tool_call>x>");
  EXPECT_EQ(hole_in("[THINK]r[/THINK][TOOL_CALLS]x", "[TOOL_CALLS]x"),
            "a|<{[THINK]r[/THINK]}[TOOL_CALLS]x>");
  EXPECT_EQ(hole_in("<think>r</think>x", "<no_think>x"), "a|<{<think>r</think>}x>");
  EXPECT_EQ(hole_in("<think>r></think>x", "<think></think>x"), "a|<<think>{r>}</think>x>");
  EXPECT_EQ(hole_in("<think>r<</think>x", "<think></think>x"), "a|<<think>{r<}</think>x>");
  EXPECT_EQ(hole_in("<think>1 < 2</think><b", "<b"), "a|<{<think>1 < 2</think>}<b>");
  EXPECT_EQ(hole_in("x", "x"), "a|<x>") << "the template does not show it";
  EXPECT_EQ(hole_in("xr", "x"), "a|<x{r}>");
}

TEST(Mask, ReasoningInsideTheContentCanBeLeftOut) {
  const auto marked = [](const std::string& content) {
    return mark({message("user", "a"), message("assistant", content)}, simple, true);
  };
  const auto one = [](const std::string& answer) {
    return std::vector<std::string>{"[user:a]\n[assistant:<" + answer + "]\n>"};
  };
  EXPECT_EQ(marked("\n<think>one</think>b"), one("\n<think>{one}</think>b"));
  EXPECT_EQ(marked("b <think>one</think>"), one("b <think>{one}</think>"));
  EXPECT_EQ(marked("one</think>b"), one("{one}</think>b")) << "the prompt has the <think>";
  EXPECT_EQ(marked("<think>\n\n</think>b"), one("{<think>\n\n</think>}b"));
  EXPECT_EQ(marked("<think>one"), one("<think>one"));
}

TEST(Mask, EmptyThinkingOfTheTemplateIsLeftOutWithReasoning) {
  const auto thinking_template = [](const std::string& opened) {
    return [opened](const Json& messages, bool add_generation_prompt) {
      text::Rendered out;
      for (const Json& m : messages) {
        const bool is_answer = m["role"] == "assistant";
        out.text += "[" + m["role"].get<std::string>() + ":" + (is_answer ? "<think>\n" : "") +
                    m.value("reasoning_content", "") + (is_answer ? "\n</think>\n\n" : "") +
                    m["content"].get<std::string>() + "]";
      }
      out.text += add_generation_prompt ? "[assistant:" + opened : "";
      return out;
    };
  };
  const Json plain = {message("user", "a"), message("assistant", "b")};
  EXPECT_EQ(mark(plain, thinking_template(""), true).front(),
            "[user:a][assistant:<{<think>\n\n</think>\n\n}b]>");
  EXPECT_EQ(mark(plain, thinking_template("<think>\n"), true).front(),
            "[user:a][assistant:<think>\n<{\n</think>\n\n}b]>")
      << "the prompt opens it";
  EXPECT_EQ(mark(plain, thinking_template(""), false).front(),
            "[user:a][assistant:<<think>\n\n</think>\n\nb]>");
  Json thought = plain;
  thought[1]["reasoning_content"] = "why";
  EXPECT_EQ(mark(thought, thinking_template(""), true).front(),
            "[user:a][assistant:<<think>\n{why}\n</think>\n\nb]>");
}

TEST(Mask, BlankSpaceBetweenTurnsMayDiffer) {
  const Render ends_bare = [](const Json& messages, bool add_generation_prompt) {
    text::Rendered out = simple(messages, add_generation_prompt);
    if (!add_generation_prompt) {
      out.text.pop_back();  // no newline behind the last message
      out.text += " ";
    }
    return out;
  };
  const Json messages = {message("user", "a"), message("assistant", "b"), message("user", "c"),
                         message("assistant", "d")};
  EXPECT_EQ(mark(messages, ends_bare),
            (std::vector<std::string>{"[user:a]\n[assistant:<b]>\n[user:c]\n[assistant:<d] >"}));
}

TEST(Mask, AnEosBehindTheLastMessageOnlyMayDiffer) {
  const Render ends_in_eos = [](const Json& messages, bool add_generation_prompt) {
    text::Rendered out = simple(messages, add_generation_prompt);
    out.text += add_generation_prompt ? "" : "$";
    return out;
  };
  const Json messages = {message("user", "a"), message("assistant", "b"), message("user", "c"),
                         message("assistant", "d")};
  EXPECT_EQ(mark(messages, ends_in_eos),
            (std::vector<std::string>{"[user:a]\n[assistant:<b]\n>[user:c]\n[assistant:<d]\n$>"}));
}

/// As simple, but the system's text stands in the last turn of the user, and there only while that
/// comes last: as Mistral's templates have it.
text::Rendered shows_system_last(const Json& messages, bool add_generation_prompt) {
  Json shown = messages;
  if (messages[0]["role"] == "system") {
    shown.erase(0);
    if (!shown.empty() && shown.back()["role"] == "user") {
      const auto system = messages[0]["content"].get<std::string>();
      shown.back()["content"] = system + "/" + shown.back()["content"].get<std::string>();
    }
  }
  return simple(shown, add_generation_prompt);
}

TEST(Mask, AnswersAreLearntBehindThePromptThatTheModelSees) {
  const Json messages = {message("system", "S"), message("user", "a"), message("assistant", "b"),
                         message("user", "a"), message("assistant", "d")};
  EXPECT_EQ(mark(messages, shows_system_last),
            (std::vector<std::string>{"[user:S/a]\n[assistant:<b]\n>",
                                      "[user:a]\n[assistant:b]\n[user:S/a]\n[assistant:<d]\n>"}));
}

/// As simple, but of all answers but the last one without their reasoning, as LFM2's and gpt-oss's
/// templates have it.
text::Rendered drops_reasoning_before_the_last(const Json& messages, bool add_generation_prompt) {
  Json shown = messages;
  bool is_last = true;
  for (std::size_t i = messages.size(); i-- > 0;) {
    if (messages[i]["role"] == "assistant" && !std::exchange(is_last, false)) {
      shown[i].erase("reasoning_content");
    }
  }
  return simple(shown, add_generation_prompt);
}

TEST(Mask, ReasoningInThePromptStaysThere) {
  EXPECT_EQ(mark(thinking_conversation(), drops_reasoning_before_the_last),
            (std::vector<std::string>{
                "[user:a]\n[assistant:<(one)b]\n>[user:c]\n[assistant:<(two)d]\n>"}));
  EXPECT_EQ(mark(thinking_conversation(), drops_reasoning_before_the_last, true),
            (std::vector<std::string>{
                "[user:a]\n[assistant:<{(one)}b]\n>[user:c]\n[assistant:<{(two)}d]\n>"}));
}

TEST(Mask, AnEndOfTheLastMessageOnlyIsLearntInATextOfItsOwn) {
  const Render ends_in_eos = [](const Json& messages, bool add_generation_prompt) {
    text::Rendered out = simple(messages, add_generation_prompt);
    out.text.pop_back();
    out.text += add_generation_prompt ? ":" : "$";
    return out;
  };
  Json messages = {message("user", "a"), message("assistant", "b"), message("user", "c")};
  const auto marked = [&](std::vector<bool> wanted, const MarkRequest& request = {}) {
    MarkRequest all = request;
    all.messages = messages;
    all.wanted = std::move(wanted);
    all.eos_token = "$";
    std::vector<std::string> out;
    for (const MarkedText& text : mark_messages(all, ends_in_eos)) {
      out.push_back(shown_marks(text));
    }
    return out;
  };
  using Texts = std::vector<std::string>;
  EXPECT_EQ(marked({false, true, false}), Texts{"[user:a]\n[assistant:<b]$>"});
  messages.push_back(message("assistant", "d"));
  EXPECT_EQ(marked({false, true, false, false}), Texts{"[user:a]\n[assistant:<b]$>"});
  EXPECT_EQ(marked({false, true, false, true}),
            Texts{"[user:a]\n[assistant:<b]>\n[user:c]\n[assistant:<d]$>"});
  messages.push_back(message("user", "e"));
  EXPECT_EQ(marked({false, true, false, true, false}),
            Texts{"[user:a]\n[assistant:<b]>\n[user:c]\n[assistant:<d]$>"});
  MarkRequest special;
  special.ends_in_special = [](std::string_view text) { return text.ends_with("]"); };
  EXPECT_EQ(marked({false, true, false, true, false}, special),
            Texts{"[user:a]\n[assistant:<b]>\n[user:c]\n[assistant:<d]>\n[user:e]$"})
      << "ends in another special token";
}

TEST(Mask, RefusesAGenerationPromptThatNoAnswerBeginsWith) {
  const Render forced = [](const Json& messages, bool add_generation_prompt) {
    text::Rendered out = simple(messages, false);
    out.text += add_generation_prompt ? "[assistant:<think>\n" : "";
    return out;
  };
  const Json messages = {message("user", "a"), message("assistant", "b")};
  EXPECT_EQ(error_of([&] { mark(messages, forced); }),
            "what is learnt of message 1 cannot be found: the chat template ends the prompt before "
            "it with \"[user:a]\\n[assistant:<think>\\n\", but does not begin the message so. Give "
            "a chat_template that marks answers by {% generation %} blocks");
}

/// The blocks hold the content and the bracket, not the newline.
text::Rendered with_blocks(const Json& messages, bool add_generation_prompt) {
  text::Rendered out;
  out.has_generation_blocks = true;
  for (const Json& m : messages) {
    out.text += "[" + m["role"].get<std::string>() + ":";
    const std::size_t begin = out.text.size();
    out.text += m.value("reasoning_content", "") + m["content"].get<std::string>() + "]";
    if (m["role"] == "assistant") {
      out.generation_spans.push_back({begin, out.text.size()});
    }
    out.text += "\n";
  }
  out.text += add_generation_prompt ? "[assistant:" : "";
  return out;
}

TEST(Mask, GenerationBlocksAreTakenAsTheyAre) {
  const Json messages = thinking_conversation();
  const auto marked = mark_messages({messages, assistants(messages), true}, with_blocks);
  ASSERT_EQ(marked.size(), 1U);
  EXPECT_EQ(shown_marks(marked[0]),
            "[user:a]\n[assistant:<{one}b]>\n[user:c]\n[assistant:<{two}d]>\n");
  EXPECT_FALSE(marked[0].answers[0].ends_at_last_special);
  const auto last = mark_messages({messages, {false, false, false, true}}, with_blocks);
  EXPECT_EQ(shown_marks(last[0]), "[user:a]\n[assistant:oneb]\n[user:c]\n[assistant:<twod]>\n");
}

TEST(Mask, BlocksOfAnotherMessageAreNotTaken) {
  const Render split = [](const Json& messages, bool add_generation_prompt) {
    text::Rendered out = with_blocks(messages, add_generation_prompt);
    out.generation_spans.clear();
    std::size_t end = 0;
    for (const Json& m : messages) {  // two blocks for "b|c", none for another content
      const std::size_t bar = out.text.find('|', end);
      end = out.text.find('\n', end) + 1;
      if (m["role"] == "assistant" && bar < end) {
        out.generation_spans.push_back({bar - 1, bar});
        out.generation_spans.push_back({bar + 1, bar + 2});
      }
    }
    return out;
  };
  const Json messages = {message("user", "a"), message("assistant", "b|c"), message("user", "d"),
                         message("assistant", "e")};
  const auto last = mark_messages({messages, {false, false, false, true}}, split);
  EXPECT_EQ(shown_marks(last[0]), "[user:a]\n[assistant:b|c]\n[user:d]\n[assistant:<e]\n>");
}

TEST(Mask, BlocksThatDoNotFitTheMessagesAreNotUsed) {
  const Render half = [](const Json& messages, bool add_generation_prompt) {
    text::Rendered out = with_blocks(messages, add_generation_prompt);
    if (!out.generation_spans.empty()) {
      out.generation_spans.pop_back();
    }
    return out;
  };
  const Json one = {message("user", "a"), message("assistant", "b")};
  EXPECT_EQ(mark(one, half), (std::vector<std::string>{"[user:a]\n[assistant:<b]\n>"}));
  const Json two = {message("user", "a"), message("assistant", "b"), message("user", "c"),
                    message("assistant", "d")};
  EXPECT_EQ(mark(two, half),
            (std::vector<std::string>{"[user:a]\n[assistant:<b]>\n[user:c]\n[assistant:d]\n"}));
  const auto last = mark_messages({two, {false, false, false, true}}, half);
  EXPECT_EQ(shown_marks(last[0]), "[user:a]\n[assistant:b]\n[user:c]\n[assistant:<d]\n>");
}

}  // namespace
}  // namespace automodel::data
