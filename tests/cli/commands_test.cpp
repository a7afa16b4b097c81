#include "cli/commands.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <set>

#include "base/error.h"
#include "cli/texts/command_text.h"

namespace automodel::cli {
namespace {

TEST(Commands, AreListedOnceAndSayWhatTheyDo) {
  std::set<std::string> names;
  for (const Command& command : program().commands) {
    EXPECT_TRUE(names.insert(command.name).second) << command.name;
    EXPECT_FALSE(command.summary.empty()) << command.name;
    EXPECT_TRUE(command.run) << command.name;
  }
  EXPECT_TRUE(names.contains("train"));
}

/// As a shell cuts it, without what it would redirect.
std::vector<std::string> shell_words(const std::string& line) {
  std::vector<std::string> words(1);
  bool quoted = false;
  for (const char c : line) {
    if (c == '"') {
      quoted = !quoted;
    } else if (c == ' ' && !quoted) {
      words.emplace_back();
    } else {
      words.back() += c;
    }
  }
  std::erase_if(words, [](const std::string& word) { return word.starts_with('<'); });
  return words;
}

/// What the command's own parser says to the words; empty: it takes them.
std::string refusal(const Command& command, std::span<const std::string> words) {
  CLI::App app;
  const auto values = command.declare(app);
  try {
    parse_arguments(app, command.takes_overrides ? split_overrides(app, words).own
                                                 : std::vector(words.begin(), words.end()));
  } catch (const Error& error) {
    return error.message();
  }
  return "";
}

TEST(Commands, ShowAnExampleThatTheyTake) {
  for (const Command& command : program().commands) {
    const auto text = text_of(command);
    const auto words = shell_words(text.example);
    ASSERT_GE(words.size(), 2U) << command.name << " has no example";
    EXPECT_EQ(words[0], "automodel");
    EXPECT_EQ(words[1], command.name);
    EXPECT_EQ(refusal(command, std::span(words).subspan(2)), "") << text.example;
    EXPECT_FALSE(text.description.empty()) << command.name;
  }
}

TEST(Commands, AnExampleThatIsWrongIsSeen) {
  const auto commands = program().commands;
  const std::vector<std::string> words = {"recipe.yaml", "--lenght", "3"};
  const auto plan = std::ranges::find(commands, "plan", &Command::name);
  const auto report = std::ranges::find(commands, "report", &Command::name);
  EXPECT_EQ(refusal(*plan, words), "");  // an override, checked with the recipe
  EXPECT_THAT(refusal(*report, words), ::testing::HasSubstr("unknown argument '--lenght'"));
  EXPECT_NE(refusal(*plan, {}), "");
}

}  // namespace
}  // namespace automodel::cli
