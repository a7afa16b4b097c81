#include "base/command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <CLI/CLI.hpp>
#include <filesystem>

namespace automodel {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

Program two_commands() {
  auto greet = [](Arguments arguments) {
    CLI::App app("Greets", "greet");
    std::string name;
    std::string title;
    bool loud = false;
    app.add_option("--name", name, "whom")->required();
    app.add_option("title", title, "what whom is called by");
    app.add_flag("--loud", loud, "cries");
    if (parse_arguments(app, arguments)) {
      fmt::print("hello {}{}{}\n", title, name, loud ? "!" : "");
    }
    return ExitCode::ok;
  };
  auto broken = [](Arguments) -> ExitCode {
    const ErrorContext context("doing this");
    fail(ErrorKind::io, "disk full");
  };
  auto look = [](Arguments arguments) {
    static_cast<void>(std::filesystem::exists(arguments[0]));
    return ExitCode::ok;
  };
  return {.name = "demo",
          .summary = "a demonstration",
          .version = "demo 1",
          .commands = {{"greet", "Greets someone", greet},
                       {"broken", "Always fails", broken},
                       {"look", "Looks at a path", look}},
          .run_recipe = [](Arguments arguments) {
            fmt::print("recipe {}\n", arguments[0]);
            return ExitCode::ok;
          }};
}

struct Outcome {
  int code;
  std::string out;
  std::string err;
};

Outcome run(std::vector<const char*> words) {
  words.insert(words.begin(), "demo");
  ::testing::internal::CaptureStdout();
  ::testing::internal::CaptureStderr();
  const int code = run_program(two_commands(), static_cast<int>(words.size()), words.data());
  return {code, ::testing::internal::GetCapturedStdout(), ::testing::internal::GetCapturedStderr()};
}

TEST(Command, RunsTheNamedOne) {
  const Outcome outcome = run({"greet", "--name", "Ada"});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_EQ(outcome.out, "hello Ada\n");
}

TEST(Command, AnEmptyValueIsNotTheNextWord) {
  EXPECT_EQ(run({"greet", "--name=", "Dr"}).out, "hello Dr\n");
  EXPECT_EQ(run({"greet", "--name", "", "Dr"}).out, "hello Dr\n");
  EXPECT_EQ(run({"greet", "--name=Ada=", "--loud=", "Dr "}).out, "hello Dr Ada=!\n");
  EXPECT_EQ(run({"greet", "--name=Ada", "--", "--name="}).out, "hello --name=Ada\n");
}

TEST(Command, PrintsVersionAndHelp) {
  EXPECT_EQ(run({"--version"}).out, "demo 1\n");
  EXPECT_EQ(run({"version"}).out, "demo 1\n");
  using Words = std::vector<const char*>;
  for (const Words& words :
       {Words{"--help"}, Words{"-h"}, Words{"help"}, Words{"help", "--help"}}) {
    const Outcome outcome = run(words);
    EXPECT_EQ(outcome.code, 0);
    EXPECT_THAT(outcome.out, HasSubstr("Greets someone"));
  }
  EXPECT_THAT(run({"help", "greet"}).out, HasSubstr("--name"));
  EXPECT_THAT(run({"greet", "--help"}).out, HasSubstr("--name"));
}

TEST(Command, TakesAFileNameAsARecipe) {
  EXPECT_EQ(run({"some/recipe.yaml", "--a.b", "1"}).out, "recipe some/recipe.yaml\n");
}

TEST(Command, AWordTooLongForAPathIsBadInput) {
  const std::string word(300, 'a');
  Outcome outcome = run({word.c_str()});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_THAT(outcome.err, StartsWith("error: unknown command 'aaa"));
  outcome = run({"look", word.c_str()});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_EQ(outcome.err, "error: cannot use the path " + word + ": File name too long\n");
}

TEST(Command, RefusesUnknownCommandsAndArgumentsWithTheNearestName) {
  Outcome outcome = run({"gret"});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_THAT(outcome.err, StartsWith("error: unknown command 'gret'; did you mean 'greet'?"));
  outcome = run({"help", "broke"});
  EXPECT_THAT(outcome.err, HasSubstr("did you mean 'broken'?"));
  outcome = run({"greet", "--nam", "x"});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_EQ(outcome.err, "error: unknown argument '--nam'; did you mean '--name'?\n");
  EXPECT_EQ(run({"greet"}).code, 2);
  outcome = run({});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("no command given"));
}

TEST(Command, OtherPlacesOfARecipeAreTold) {
  using Words = std::vector<const char*>;
  for (const Words& words :
       {Words{"finetune", "llm", "-c", "a/b.yaml"}, Words{"--config=a/b.yaml", "--x.y=c.yaml"},
        Words{"--processes", "2", "a/b.yaml"}}) {
    const Outcome outcome = run(words);
    EXPECT_EQ(outcome.code, 2);
    EXPECT_THAT(outcome.err, StartsWith(std::string("error: unknown command '") + words.front() +
                                        "'; a recipe comes first: 'demo a/b.yaml'; "));
  }
}

TEST(SplitOverrides, KeepsOwnOptionsAndFiles) {
  CLI::App app;
  app.add_flag("--print-config");
  app.add_option("--out");
  const std::vector<std::string> words = {"r.yaml", "--print-config", "--a.b", "1",  "--c=2",
                                          "--d",    "--out",          "x",     "-h", "--help"};
  const SplitArguments split = split_overrides(app, words);
  EXPECT_THAT(split.own,
              ::testing::ElementsAre("r.yaml", "--print-config", "--out", "x", "-h", "--help"));
  EXPECT_THAT(split.overrides, ::testing::ElementsAre("--a.b", "1", "--c=2", "--d"));
}

TEST(Command, ReportsErrorsWithTheirFrames) {
  const Outcome outcome = run({"broken"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_EQ(outcome.err, "error: disk full\n  while doing this\n");
}

}  // namespace
}  // namespace automodel
