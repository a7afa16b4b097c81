#include "text/chat_messages.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace automodel::text {
namespace {

Json chat(std::string_view json) { return parse_json(json, "test"); }

TEST(ChatMessages, ReasoningGetsItsOtherNames) {
  EXPECT_EQ(normal_messages(chat(R"([{"role": "a", "reasoning": "r"}])")).dump(),
            R"([{"thinking":"r","role":"a","reasoning":"r","reasoning_content":"r"}])");
  EXPECT_EQ(normal_messages(chat(R"([{"thinking": null, "reasoning_content": "c"}])")).dump(),
            R"([{"thinking":"c","reasoning_content":"c"}])");
  EXPECT_EQ(normal_messages(chat(R"([{"role": "a"}])")).dump(), R"([{"role":"a"}])");
}

TEST(ChatMessages, MembersThatAreNullAreNotThere) {
  EXPECT_EQ(normal_messages(chat(R"([{"role": "a", "name": null, "content": null, "tools": [null],
                                      "x": {"y": null}}])"))
                .dump(),
            R"([{"role":"a","tools":[null],"x":{"y":null}}])");
}

TEST(ChatMessages, MustBeAnArrayOfObjects) {
  EXPECT_THROW(normal_messages(chat("{}")), Error);
  EXPECT_THROW(normal_messages(chat("[1]")), Error);
}

TEST(ChatMessages, MarkIsCutAgain) {
  const MarkedMessages marked =
      mark_final_message(chat(R"([{"content": [{"text": "a"}, {"type": "image"}]}])"), "content");
  const std::string text = marked.messages[0]["content"][0]["text"].get<std::string>();
  EXPECT_NE(text, "a");
  EXPECT_EQ(marked.final_text, "a");
  EXPECT_EQ(cut_at_mark("<" + text + ">", "a"), "<a");
}

TEST(ChatMessages, TrimmedContentIsCutWithoutItsBlanks) {
  const MarkedMessages marked = mark_final_message(chat(R"([{"content": " a "}])"), "content");
  const std::string text = marked.messages[0]["content"].get<std::string>();
  EXPECT_EQ(cut_at_mark("<" + text.substr(1, text.size() - 2) + ">", " a "), "<a");
}

TEST(ChatMessages, NothingToContinue) {
  for (const std::string_view json :
       {"[]", "[{}]", R"([{"content": null}])", R"([{"content": []}])", R"([{"content": 1}])"}) {
    EXPECT_THROW(mark_final_message(chat(json), "content"), Error) << json;
  }
  EXPECT_THROW(mark_final_message(chat(R"([{"content": "a"}])"), "{{ 1 }}"), Error);
  EXPECT_THROW(cut_at_mark("dropped", "a"), Error);
}

}  // namespace
}  // namespace automodel::text
