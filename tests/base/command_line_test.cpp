#include "base/command_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <CLI/CLI.hpp>

#include "base/error.h"
#include "base/known.h"

namespace automodel {
namespace {

struct Greeting {
  static constexpr const char* kName = "greet";
  static constexpr const char* kSummary = "Greets someone";
  std::string whom;
  int times = 1;
  void declare(CLI::App& app) {
    app.description("Greets.");
    app.add_option("whom", whom)->required();
    app.add_option("--times", times);
    app.footer("Example: automodel greet Ada");
  }
};

struct RecipeGreeting : Greeting {
  std::vector<std::string> overrides;
};

ExitCode greet(const Greeting& line, Arguments arguments) {
  fmt::print("{} {} {}", line.whom, line.times, arguments.size());
  return ExitCode::ok;
}

TEST(CommandLine, FillsItsStruct) {
  const Command command = make_command<Greeting>(greet);
  EXPECT_EQ(command.name, "greet");
  EXPECT_FALSE(command.takes_overrides);
  ::testing::internal::CaptureStdout();
  command.run(std::vector<std::string>{"Ada", "--times", "3"});
  EXPECT_EQ(::testing::internal::GetCapturedStdout(), "Ada 3 3");
}

TEST(CommandLine, HelpIsPrintedInsteadOfRunning) {
  ::testing::internal::CaptureStdout();
  EXPECT_FALSE(read_line<Greeting>(std::vector<std::string>{"--help"}));
  const std::string help = ::testing::internal::GetCapturedStdout();
  EXPECT_THAT(help, ::testing::HasSubstr("automodel greet"));
  EXPECT_THAT(help, ::testing::HasSubstr("Example: automodel greet Ada"));
}

TEST(CommandLine, OverridesGoWhereTheyAreTaken) {
  const std::vector<std::string> words = {"Ada", "--a.b", "1", "--times", "2"};
  const auto line = known(read_line<RecipeGreeting>(words));
  EXPECT_EQ(line.times, 2);
  EXPECT_THAT(line.overrides, ::testing::ElementsAre("--a.b", "1"));
  EXPECT_THROW(read_line<Greeting>(words), Error);
}

TEST(CommandLine, IsDeclaredForTextsToo) {
  CLI::App app;
  const auto keeps = make_command<RecipeGreeting>(greet).declare(app);
  EXPECT_NE(app.get_option_no_throw("--times"), nullptr);
  EXPECT_TRUE(make_command<RecipeGreeting>(greet).takes_overrides);
}

}  // namespace
}  // namespace automodel
