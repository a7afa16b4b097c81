#include "data/messages.h"

#include "data/support.h"

namespace automodel::data {
namespace {

Conversation read_row(const std::string& row) { return read_conversation(parse_json(row, "row")); }
std::string error(const std::string& row) {
  return error_of([&] { read_row(row); });
}

TEST(Messages, OpenAiForm) {
  const auto conversation = read_row(R"({"messages": [
      {"role": "system", "content": "Be kind."},
      {"role": "user", "content": "Hi", "name": "Ann"},
      {"role": "assistant", "content": null, "reasoning_content": "Greet."}]})");
  EXPECT_EQ(conversation.messages, parse_json(R"([
      {"role": "system", "content": "Be kind."},
      {"role": "user", "content": "Hi", "name": "Ann"},
      {"role": "assistant", "content": "", "reasoning_content": "Greet."}])",
                                              ""));
  EXPECT_EQ(conversation.learnable, (std::vector<bool>{true, true, true}));
  EXPECT_TRUE(conversation.tools.is_null());
}

TEST(Messages, ShareGptForm) {
  const auto conversation = read_row(R"({"system": "Be kind.", "conversations": [
      {"from": "human", "value": "Hi"}, {"from": "gpt", "value": "Hello"}]})");
  EXPECT_EQ(conversation.messages, parse_json(R"([
      {"role": "system", "content": "Be kind."},
      {"role": "user", "content": "Hi"},
      {"role": "assistant", "content": "Hello"}])",
                                              ""));
}

TEST(Messages, AColumnIsTheSystemTurnWhereThereIsNone) {
  const std::string turns = R"([{"role": "user", "content": "Hi"},
      {"role": "assistant", "content": "Hello"}])";
  const auto first = [](const std::string& columns) {
    return read_row("{" + columns + "}").messages[0];
  };
  const Json system = {{"role", "system"}, {"content", "Be kind."}};
  for (const char* column : {R"("system": "Be kind.")", R"("system_prompt": "Be kind.")",
                             R"("system": "Be kind.", "system_prompt": "Be kind.")",
                             R"("system": "", "system_prompt": "Be kind.")"}) {
    for (const char* key : {"messages", "conversations"}) {
      EXPECT_EQ(first(fmt::format(R"({}, "{}": {})", column, key, turns)), system) << column;
    }
    const auto conversation = read_row(fmt::format(
        R"({{{}, "prompt": [{{"role": "user", "content": "Hi"}}],
             "completion": [{{"role": "assistant", "content": "Hello"}}]}})",
        column));
    EXPECT_EQ(conversation.messages[0], system);
    EXPECT_THAT(conversation.learnable, ::testing::ElementsAre(false, false, true));
  }
  for (const char* none : {R"("system": null)", R"("system": "")", R"("system_prompt": [])"}) {
    EXPECT_EQ(first(fmt::format(R"({}, "messages": {})", none, turns))["role"], "user") << none;
  }
}

TEST(Messages, AColumnAndATurnAreOneSystemPrompt) {
  const std::string turns = R"("messages": [
      {"role": "system", "content": [{"type": "text", "text": "Be kind. "}]},
      {"role": "user", "content": "Hi"}])";
  EXPECT_EQ(read_row(R"({"system": "Be kind.", )" + turns + "}").messages.size(), 2U);
  EXPECT_EQ(read_row(R"({"system": "", )" + turns + "}").messages.size(), 2U);
  EXPECT_EQ(error(R"({"system_prompt": "Be short.", )" + turns + "}"),
            "the row's column 'system_prompt' and its system turn are two system prompts that "
            "differ; keep one");
  EXPECT_EQ(error(R"({"system": "a", "system_prompt": "b", )" + turns + "}"),
            "the row has two system prompts, 'system' and 'system_prompt', which differ; keep one");
  EXPECT_EQ(error(R"({"system": 5, )" + turns + "}"),
            "the column 'system' must be a text, the system prompt, found number");
}

TEST(Messages, AnEmptyListOfCallsIsNone) {
  for (const char* none : {"[]", "null", R"("")"}) {
    const auto conversation = read_row(fmt::format(
        R"({{"messages": [{{"role": "user", "content": "Hi", "tool_calls": {0}}},
             {{"role": "assistant", "content": "Hello", "tool_calls": {0}}}]}})",
        none));
    EXPECT_FALSE(conversation.messages[0].contains("tool_calls")) << none;
    EXPECT_EQ(conversation.messages[1], Json({{"role", "assistant"}, {"content", "Hello"}}));
  }
  const auto older = read_row(R"({"messages": [{"role": "assistant", "tool_calls": [],
      "function_call": {"name": "f", "arguments": {}}}]})");
  EXPECT_EQ(older.messages[0]["tool_calls"][0]["function"]["name"], "f");
  EXPECT_EQ(error(R"({"messages": [{"role": "assistant", "tool_calls": []}]})"),
            "messages[0] has no content; its keys are: role");
}

TEST(Messages, FunctionsAreTools) {
  const std::string turns = R"("messages": [{"role": "user", "content": "Hi"}])";
  const auto tools = [&](const std::string& columns) {
    return read_row("{" + columns + ", " + turns + "}").tools;
  };
  const Json f = tools(R"("tools": [{"name": "f"}])");
  EXPECT_EQ(f[0]["function"]["name"], "f");
  EXPECT_EQ(tools(R"("functions": [{"name": "f"}], "tools": [])"), f);
  EXPECT_EQ(tools(R"("functions": "[{\"name\": \"f\"}]", "tools": [{"name": "f"}])"), f);
  EXPECT_TRUE(tools(R"("functions": null)").is_null());
  EXPECT_THAT(error(R"({"functions": [{"name": "g"}], "tools": [{"name": "f"}], )" + turns + "}"),
              ::testing::StartsWith("functions and the tools that the row has elsewhere differ"));
}

TEST(Messages, MediaAreRefused) {
  const std::string turns = R"("messages": [{"role": "user", "content": "<image>Who?"}])";
  EXPECT_EQ(error(R"({"images": ["a.jpg"], )" + turns + "}"),
            "the row has 'images', which a text model cannot learn from; leave out such rows, or "
            "'images' if the text does without");
  EXPECT_THAT(error(R"({"audio": {"bytes": "x"}, )" + turns + "}"),
              ::testing::StartsWith("the row has 'audio', which"));
  EXPECT_THAT(
      error(R"({"messages": [{"role": "user", "content": "Who?", "videos": [["a.mp4"]]}]})"),
      ::testing::StartsWith("messages[0] has 'videos', which"));
  for (const char* none : {"null", "[]", R"("")", R"([null, []])", R"({"path": null})"}) {
    EXPECT_EQ(error(fmt::format(R"({{"images": {}, "audio": {}, {}}})", none, none, turns)),
              "no error")
        << none;
  }
}

TEST(Messages, FunctionCallTurnsBecomeToolCalls) {
  const auto conversation = read_row(R"({"conversations": [
      {"from": "human", "value": "Weather?"},
      {"from": "gpt", "value": "I look."},
      {"from": "function_call", "value": "{\"name\": \"f\", \"arguments\": {\"x\": 1}}"},
      {"from": "function_call", "value": "{\"name\": \"g\", \"arguments\": {}}"},
      {"from": "observation", "value": "one"},
      {"from": "observation", "value": "two"},
      {"from": "gpt", "value": "Done."}],
      "tools": "[{\"name\": \"f\"}]"})");
  const Json& messages = conversation.messages;
  ASSERT_EQ(messages.size(), 5U);
  EXPECT_EQ(messages[1]["content"], "I look.");
  ASSERT_EQ(messages[1]["tool_calls"].size(), 2U);
  EXPECT_EQ(messages[1]["tool_calls"][1]["function"]["name"], "g");
  EXPECT_EQ(messages[2],
            parse_json(R"({"role": "tool", "content": "one", "tool_call_id": "call00000"})", ""));
  EXPECT_EQ(messages[3]["tool_call_id"], "call00001");
  EXPECT_EQ(conversation.tools[0]["function"]["name"], "f");
}

TEST(Messages, ACallWithoutTextIsATurnOfItsOwn) {
  const auto conversation = read_row(R"({"messages": [
      {"role": "user", "content": "Weather?"},
      {"role": "tool_call", "content": {"name": "f", "arguments": {}}},
      {"role": "tool_response", "content": "sun"}]})");
  EXPECT_EQ(conversation.messages[1]["role"], "assistant");
  EXPECT_EQ(conversation.messages[1]["content"], "");
  EXPECT_EQ(conversation.messages[2]["tool_call_id"], "call00000");
}

TEST(Messages, ContentMayBeParts) {
  const auto conversation = read_row(R"({"messages": [
      {"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "text", "value": "b"}]},
      {"role": "assistant", "content": [
        {"type": "reasoning", "value": "think"}, {"type": "text", "text": "c"},
        {"type": "tool_call", "value": "{\"name\": \"f\", \"arguments\": {}}"}]}]})");
  EXPECT_EQ(conversation.messages[0]["content"], "a b");
  EXPECT_EQ(conversation.messages[1]["content"], "c");
  EXPECT_EQ(conversation.messages[1]["reasoning_content"], "think");
  EXPECT_EQ(conversation.messages[1]["tool_calls"][0]["function"]["name"], "f");
  EXPECT_THAT(
      error(R"({"messages": [{"role": "user", "content": [{"type": "image", "url": "x"}]}]})"),
      ::testing::StartsWith("messages[0].content[0] is a part of type \"image\"; a text model"));
}

TEST(Messages, WeightsSwitchLearningOff) {
  const auto conversation = read_row(R"({"messages": [
      {"role": "user", "content": "a", "loss_weight": 0.0},
      {"role": "assistant", "content": "b", "weight": 0},
      {"role": "assistant", "content": "c", "train": false},
      {"role": "assistant", "content": "d", "weight": 1, "train": true}]})");
  EXPECT_EQ(conversation.learnable, (std::vector<bool>{false, false, false, true}));
  EXPECT_FALSE(conversation.messages[1].contains("weight"));
  for (const char* key : {"training", "loss", "trainable", "loss_mask", "step_loss_mask"}) {
    const auto other = read_row(fmt::format(R"({{"messages": [
        {{"role": "assistant", "content": "b", "{0}": false}},
        {{"role": "assistant", "content": "c", "{0}": 1}},
        {{"role": "assistant", "content": "d", "{0}": null}}]}})",
                                            key));
    EXPECT_EQ(other.learnable, (std::vector<bool>{false, true, true})) << key;
    EXPECT_FALSE(other.messages[0].contains(key));
  }
  EXPECT_EQ(error(R"({"messages": [{"role": "assistant", "content": "b", "weight": 0.5}]})"),
            "messages[0].weight is 0.5; a message is learnt wholly (1) or not at all (0)");
  EXPECT_EQ(error(R"({"messages": [{"role": "assistant", "content": "b", "train_detail":
                [{"begin_offset": 0, "end_offset": 1, "train": false}]}]})"),
            "messages[0] has 'train_detail', which marks parts of a message; a message is learnt "
            "wholly or not at all here: leave it out, or split the message");
}

TEST(Messages, ToolCallIdsAreKeptOrLeftOut) {
  const auto conversation = read_row(R"({"messages": [
      {"role": "assistant", "tool_calls": [
        {"id": "x", "function": {"name": "f", "arguments": "{}"}},
        {"id": "y", "function": {"name": "g", "arguments": "{}"}}]},
      {"role": "tool", "content": "2", "tool_call_id": "y"},
      {"role": "tool", "content": "1"},
      {"role": "tool", "content": "0"}]})");
  EXPECT_EQ(conversation.messages[1]["tool_call_id"], "y");
  EXPECT_EQ(conversation.messages[2]["tool_call_id"], "x");
  EXPECT_FALSE(conversation.messages[3].contains("tool_call_id"));
}

TEST(Messages, OfPromptAndCompletionTheSecondIsLearnt) {
  const auto conversation = read_row(R"({
      "prompt": [{"role": "user", "content": "2 + 2?"}, {"role": "assistant", "content": "4"},
                 {"role": "user", "content": "3 + 3?"}],
      "completion": [{"role": "assistant", "content": "6"}]})");
  EXPECT_EQ(conversation.messages[2]["content"], "3 + 3?");
  EXPECT_EQ(conversation.messages[3]["content"], "6");
  EXPECT_THAT(conversation.learnable, ::testing::ElementsAre(false, false, false, true));
}

TEST(Messages, WhatAToolReturnsMayBeAnyJson) {
  const auto conversation = read_row(R"({"messages": [{"role": "user", "content": "a"},
      {"role": "tool", "tool_call_id": "1", "content": {"t": [1, "é"]}}]})");
  EXPECT_EQ(conversation.messages[1]["content"], R"({"t": [1, "é"]})");
}

TEST(Messages, AListThatAToolReturnsIsNoListOfParts) {
  const auto content = [](const std::string& list) {
    return read_row(R"({"messages": [{"role": "tool", "content": )" + list + "}]}")
        .messages[0]["content"];
  };
  for (const char* list :
       {R"([{"title": "Paris", "text": "capital"}, {"title": "Lyon"}])", R"(["Paris", "Lyon"])",
        R"([{"temp": 20}])", R"([{"type": "text"}, 1])", "[]"}) {
    EXPECT_EQ(content(list), list);
  }
  EXPECT_EQ(content(R"([{"type": "text", "text": "a"}, {"type": "text", "text": "b"}])"), "a b");
  EXPECT_THAT(error(R"({"messages": [{"role": "tool", "content": [{"type": "image_url"}]}]})"),
              ::testing::StartsWith("messages[0].content[0] is a part of type \"image_url\""));
}

TEST(Messages, ListsThatAreNullAreNotThere) {
  const auto conversation = read_row(R"({"messages": null, "conversations": null,
      "prompt": [{"role": "user", "content": "a"}],
      "completion": [{"role": "assistant", "content": "b"}]})");
  EXPECT_THAT(conversation.learnable, ::testing::ElementsAre(false, true));
  EXPECT_EQ(error(R"({"conversations": null})"),
            "the row's 'conversations' is null, expected a list of messages");
  EXPECT_EQ(error(R"({"messages": null, "id": 1})"),
            "the row's 'messages' is null, expected a list of messages");
}

TEST(Messages, OlderFunctionCalls) {
  const auto conversation = read_row(R"({"messages": [
      {"role": "assistant", "content": null,
       "function_call": {"name": "f", "arguments": "{\"a\": 1}"}},
      {"role": "function", "name": "f", "content": "2"},
      {"from": "function_call", "value": "{\"name\": \"g\", \"parameters\": {\"b\": 3}}",
       "reasoning_content": "hm"}]})");
  const Json& calls = conversation.messages[0]["tool_calls"];
  EXPECT_EQ(calls[0]["function"]["arguments"], Json({{"a", 1}}));
  EXPECT_FALSE(conversation.messages[0].contains("function_call"));
  EXPECT_EQ(conversation.messages[1]["tool_call_id"], calls[0]["id"]);
  EXPECT_EQ(conversation.messages[2]["tool_calls"][0]["function"]["arguments"], Json({{"b", 3}}));
  EXPECT_EQ(conversation.messages[2]["reasoning_content"], "hm");
}

TEST(Messages, PartsOfReasoningAreJoined) {
  const auto conversation = read_row(R"({"messages": [{"role": "assistant", "content": [
      {"type": "reasoning", "text": "first"}, {"type": "reasoning", "text": "second"},
      {"type": "text", "text": "ok"}]}]})");
  EXPECT_EQ(conversation.messages[0]["reasoning_content"], "first second");
}

TEST(Messages, DocumentsAreKept) {
  const std::string turn = R"("messages": [{"role": "user", "content": "hi"}])";
  const auto documents = [&](const std::string& text) {
    return read_conversation(parse_json("{" + turn + ", \"documents\": " + text + "}", "row"))
        .documents;
  };
  EXPECT_EQ(documents(R"([{"title": "t"}])"), parse_json(R"([{"title": "t"}])", ""));
  EXPECT_TRUE(documents("null").is_null());
  const std::string expected =
      "documents must be a list of objects (such as {\"title\": ..., \"text\": ...}), found ";
  EXPECT_EQ(error("{" + turn + R"(, "documents": "text"})"), expected + "string");
  EXPECT_EQ(error("{" + turn + R"(, "documents": ["text"]})"),
            expected + "a list with other things");
}

TEST(Messages, MalformedRowsAreNamed) {
  EXPECT_EQ(error(R"({"massages": [], "id": 1})"),
            "the row has neither 'messages' nor 'conversations'; did you mean 'massages'?; its "
            "columns are: massages, id");
  EXPECT_THAT(error(R"({"prompt": "a", "completion": "b"})"),
              ::testing::HasSubstr("column_mapping: {question: prompt, answer: completion} and "
                                   "use_hf_chat_template: true"));
  EXPECT_THAT(error(R"({"instruction": "a", "input": "b", "output": "c"})"),
              ::testing::HasSubstr("{context: instruction, question: input, answer: output} and"))
      << "no column is lost";
  EXPECT_THAT(error(R"({"instruction": "a", "context": "b", "response": "c", "category": "d"})"),
              ::testing::HasSubstr("{context: context, question: instruction, answer: response}"));
  EXPECT_THAT(error(R"({"query": "a", "response": "b"})"),
              ::testing::HasSubstr("{question: query, answer: response}"));
  EXPECT_THAT(error(R"({"text": "a"})"),
              ::testing::EndsWith("Dataset with column_mapping: {answer: text}"));
  EXPECT_THAT(error(R"({"prompt": [], "response": []})"),
              ::testing::EndsWith("join the turns of 'prompt' and 'response' to one list "
                                  "'messages'"));
  EXPECT_EQ(error(R"({"prompt": "a", "completion": []})"),
            "'prompt' must be a list of turns, found a text that is not the JSON of one, as "
            "json.dumps writes it");
  EXPECT_EQ(error(R"({"prompt": [{"role": "user", "content": "a"}], "completion": []})"),
            "'completion' is empty: there is nothing to learn");
  EXPECT_EQ(error(R"({"messages": [{"role": "tool", "output": "42"}]})"),
            "messages[0] has no content; its keys are: role, output");
  EXPECT_EQ(error(R"({"messages": [{"role": "assistant"}]})"),
            "messages[0] has no content; its keys are: role");
  EXPECT_EQ(error(R"({"messages": [{"role": "assistant",
                      "tool_calls": [{"function": {"name": "f", "arguments": {}}}],
                      "function_call": {"name": "f", "arguments": {}}}]})"),
            "messages[0] has tool_calls and the older function_call; keep one of them");
  EXPECT_EQ(
      error(R"({"messages": [{"role": "assistant", "thinking": "a",
                      "content": [{"type": "reasoning", "text": "b"}]}]})"),
      "messages[0] has its reasoning twice, as a part of the content and beside it; keep one");
  EXPECT_EQ(error(R"({"messages": "[{'role': 'user'}]"})"),
            "'messages' must be a list of turns, found a text that is not the JSON of one, as "
            "json.dumps writes it");
  EXPECT_EQ(error(R"({"messages": "5"})"), "'messages' must be a list of turns, found number");
  EXPECT_EQ(error(R"({"messages": []})"), "'messages' is empty: there is nothing to learn");
  EXPECT_EQ(error(R"({"messages": ["hi"]})"), "messages[0] must be an object, found string");
  EXPECT_THAT(error(R"({"messages": [{"content": "hi"}]})"),
              ::testing::StartsWith("messages[0] has no role"));
  EXPECT_EQ(error(R"({"messages": [{"role": "asistant", "content": "hi"}]})"),
            "messages[0] has the unknown role 'asistant'; did you mean 'assistant'?; roles are "
            "system, developer, user, assistant and tool");
  EXPECT_EQ(error(R"({"messages": [{"role": "user", "content": 5}]})"),
            "messages[0].content must be a string or a list of text parts, found number");
  EXPECT_EQ(error(R"({"messages": [{"role": "user", "text": "a"}]})"),
            "messages[0] has no content; its keys are: role, text");
  EXPECT_EQ(error(R"({"messages": [{"role": "user", "content": null}]})"),
            "messages[0].content must be a string or a list of text parts, found none");
  EXPECT_EQ(error(R"({"messages": [{"role": "user", "content": [7]}]})"),
            "messages[0].content[0] must be {\"type\": \"text\", \"text\": \"...\"}, found number");
  EXPECT_EQ(
      error(R"({"messages": [{"role": "assistant", "content": "", "reasoning_content": 5}]})"),
      "messages[0].reasoning_content must be a string, found number");
}

TEST(Messages, PythonJson) {
  EXPECT_EQ(python_json(parse_json(R"({"a":[1,2.5,true,null],"é":{"b":"x\"y"},"c":[]})", "")),
            R"({"a": [1, 2.5, true, null], "é": {"b": "x\"y"}, "c": []})");
}

}  // namespace
}  // namespace automodel::data
