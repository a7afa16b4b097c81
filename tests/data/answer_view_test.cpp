#include "data/answer_view.h"

#include "data/support.h"

namespace automodel::data {
namespace {

using ::testing::StartsWith;

Json said(const std::string& role, const std::string& content) {
  return {{"role", role}, {"content", content}};
}

/// user:Hi; assistant:Hello; ...
std::string turns_of(const Json& messages, std::size_t first = 0) {
  std::string text;
  for (std::size_t i = first; i < messages.size(); ++i) {
    text += messages[i]["role"].get<std::string>() + ":" +
            messages[i]["content"].get<std::string>() + ";";
  }
  return text;
}

text::Rendered plain(const Json& messages, bool add_generation_prompt) {
  return {.text = turns_of(messages) + (add_generation_prompt ? "assistant:" : "")};
}

/// What a view has as prompt and answer.
std::string parted(const Json& messages, std::size_t k, const Render& render) {
  const AnswerView view = view_at(messages, k, render);
  EXPECT_EQ(view.message, k);
  return view.text.substr(0, view.prompt_bytes) + "|" + view.text.substr(view.prompt_bytes) +
         (view.is_joined ? " joined" : "");
}

TEST(AnswerView, IsWhatTheAnswerAddsToThePrompt) {
  const Json messages = {said("user", "a"), said("assistant", "b"), said("user", "c")};
  EXPECT_EQ(parted(messages, 1, plain), "user:a;assistant:|b;");
  EXPECT_EQ(parted(messages, 2, plain), "user:a;assistant:b;|user:c;");
  EXPECT_EQ(parted(messages, 0, plain), "|user:a;");
  EXPECT_EQ(first_messages(messages, 1), Json::array({said("user", "a")}));
  EXPECT_EQ(first_messages(messages, 0), Json::array());
}

/// As Mistral's: the first message's content stands in the last question, while that comes last.
text::Rendered notes_last(const Json& messages, bool add_generation_prompt) {
  const bool asks = messages.size() > 1 && messages.back()["role"] == "user";
  const std::string note = messages[0]["content"].get<std::string>();
  const std::size_t last = messages.size() - 1;
  return {.text = !asks ? turns_of(messages, 1)
                        : turns_of(first_messages(messages, last), 1) + "user:" + note + "/" +
                              messages[last]["content"].get<std::string>() + ";" +
                              (add_generation_prompt ? "assistant:" : "")};
}

TEST(AnswerView, JoinsThePromptAndTheAnswer) {
  Json messages = {said("system", "S"), said("user", "x"), said("assistant", "b")};
  EXPECT_EQ(parted(messages, 2, notes_last), "user:S/x;assistant:|b; joined");
  messages.push_back(said("user", "S/x"));  // as the prompt before ended
  messages.push_back(said("assistant", "d"));
  EXPECT_EQ(parted(messages, 4, notes_last), "user:x;assistant:b;user:S/S/x;assistant:|d; joined");
  messages[1]["content"] = "S/x";
  messages[3]["content"] = "x";
  EXPECT_EQ(parted(messages, 4, notes_last), "user:S/x;assistant:b;user:S/x;assistant:|d; joined");
  messages[3]["content"] = "";
  EXPECT_EQ(parted(messages, 4, notes_last), "user:S/x;assistant:b;user:S/;assistant:|d; joined");
}

TEST(AnswerView, WhatFollowsTheLastContentOfThePromptMustBeTheSame) {
  const auto error = [](const std::string& behind_prompt, const std::string& history) {
    const Render render = [&](const Json& messages, bool add_generation_prompt) -> text::Rendered {
      return {.text = (add_generation_prompt ? "" : history) + turns_of(messages) +
                      (add_generation_prompt ? behind_prompt : "")};
    };
    return error_of([&] { view_at({said("user", "a"), said("assistant", "b")}, 1, render); });
  };
  EXPECT_EQ(error("assistant:", "old;"), "no error");
  EXPECT_EQ(error("assistant:<think>", "old;"),
            "what is learnt of message 1 cannot be found: the chat template ends the prompt before "
            "it with \"user:a;assistant:<think>\", but does not begin the message so. Give a "
            "chat_template that marks answers by {% generation %} blocks");
  EXPECT_THAT(error("assistant:<think>", ""), StartsWith("what is learnt of message 1"));
}

TEST(AnswerView, ThePromptMustShowItsLastContent) {
  const Render render = [](const Json& messages, bool add_generation_prompt) -> text::Rendered {
    return {.text = add_generation_prompt ? "ask:" : "told:" + turns_of(messages)};
  };
  EXPECT_THAT(error_of([&] { view_at({said("user", "a"), said("assistant", "b")}, 1, render); }),
              StartsWith("what is learnt of message 1"));
}

TEST(AnswerView, OfAConversationThatBeginsWithTheAnswer) {
  const Json messages = {said("assistant", "assistant:b")};
  EXPECT_EQ(parted(messages, 0, plain), "assistant:|assistant:b;");
  const auto with = [](const std::string& before, const std::string& header) -> Render {
    return [=](const Json& shown, bool add_generation_prompt) -> text::Rendered {
      check(!shown.empty(), ErrorKind::invalid_argument, "no messages");
      return {.text = before + turns_of(shown) + (add_generation_prompt ? header : "")};
    };
  };
  EXPECT_EQ(parted(messages, 0, with("system:S;", "assistant:")),
            "system:S;assistant:|assistant:b;");
  EXPECT_EQ(parted(messages, 0, with("system:Tools answer the assistant:;", "assistant:")),
            "system:Tools answer the assistant:;assistant:|assistant:b;");
  const std::string error =
      "the conversation begins with an assistant's turn, which the chat template refuses or does "
      "not begin by its generation prompt. Begin it with a user's turn, leave such rows out "
      "(skip_invalid_samples: true), or give a chat_template that marks answers by {% generation "
      "%} blocks";
  for (const std::string header : {"", "assistant:<think>", "b"}) {
    EXPECT_EQ(error_of([&] { view_at(messages, 0, with("", header)); }), error) << header;
  }
  const Render refuses = [](const Json&, bool) -> text::Rendered {
    fail(ErrorKind::invalid_argument, "no question");
  };
  EXPECT_EQ(error_of([&] { view_at(messages, 0, refuses); }), error);
}

}  // namespace
}  // namespace automodel::data
