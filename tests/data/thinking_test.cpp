#include "data/thinking.h"

#include "data/support.h"

namespace automodel::data {
namespace {

TEST(Thinking, StandsBeforeItsEnd) {
  const auto found = [](std::string_view content) {
    const auto span = thinking_in(content);
    return span ? std::string(content.substr(span->begin, span->end - span->begin)) : "none";
  };
  EXPECT_EQ(found("<think>\nWhy.\n</think>\n\nSo."), "\nWhy.\n");
  EXPECT_EQ(found("Why.</think>So."), "Why.") << "the prompt opens it";
  EXPECT_EQ(found("So. <think>Why.</think>"), "Why.");
  EXPECT_EQ(found("<think>\n\n</think>\n\nSo."), "none");
  EXPECT_EQ(found("<think>Why."), "none");
  EXPECT_EQ(found("So."), "none");
}

TEST(Thinking, WhatIsSaidBesideIt) {
  EXPECT_EQ(without_thinking("<think>\nWhy.\n</think>\n\nSo.\n"), "So.");
  EXPECT_EQ(without_thinking("Why.</think>So."), "So.");
  EXPECT_EQ(without_thinking("<think>\nWhy.\n</think>\n"), "Why.");
  EXPECT_EQ(without_thinking(" So. "), "So.");
}

TEST(Thinking, EmptyOne) {
  const std::string text = "Q:<think>\n\n</think>\n\nSo.";
  EXPECT_EQ(empty_thinking(text, 2), (text::Span{2, text.size() - 3}));
  EXPECT_EQ(empty_thinking(text, 10), (text::Span{10, text.size() - 3})) << "opened before";
  EXPECT_EQ(empty_thinking("<think>Why.</think>So.", 0), (text::Span{0, 0}));
  EXPECT_EQ(empty_thinking("So.", 0), (text::Span{0, 0}));
}

}  // namespace
}  // namespace automodel::data
