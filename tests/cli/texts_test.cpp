#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <CLI/CLI.hpp>

#include "base/command_line.h"
#include "cli/texts/completion.h"
#include "cli/texts/man.h"

namespace automodel::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

struct Paint {
  static constexpr const char* kName = "train";
  static constexpr const char* kSummary = "Paints [things]";
  std::string recipe, colour = "red";
  std::vector<std::string> files, overrides;
  bool json = false;
  void declare(CLI::App& app) {
    app.description("Paints things: it's done -- by hand.");
    app.add_option("recipe", recipe, "what")->required();
    app.add_option("files", files, "more");
    app.add_option("-c,--colour", colour, ".which")
        ->check(CLI::IsMember({"red", "blue"}))
        ->capture_default_str();
    app.add_flag("--json", json, "as JSON");
    app.footer("Example: automodel train a.yaml");
  }
};

Program program() {
  return {.name = "automodel",
          .summary = "a test",
          .version = "automodel 1",
          .commands = {make_command<Paint>([](const Paint&, Arguments) { return ExitCode::ok; })}};
}

TEST(CommandText, IsReadOffTheDeclaration) {
  const CommandText text = text_of(program().commands.front());
  EXPECT_EQ(text.example, "automodel train a.yaml");
  EXPECT_EQ(synopsis(text),
            "automodel train [OPTIONS] recipe [files...] [--section.key VALUE ...]");
  ASSERT_EQ(text.options.size(), 5U);  // with --help
  const OptionText& files = text.options[2];
  EXPECT_TRUE(files.is_place() && files.repeats && !files.required);
  const OptionText& colour = text.options[3];
  EXPECT_THAT(colour.names, ElementsAre("-c", "--colour"));
  EXPECT_THAT(colour.choices, ElementsAre("red", "blue"));
  EXPECT_EQ(colour.fallback, "red");
  EXPECT_TRUE(colour.takes_value);
  EXPECT_FALSE(text.options[4].takes_value);
}

TEST(CommandText, HelpAndVersionAreAmongThem) {
  const auto texts = texts_of(program());
  ASSERT_EQ(texts.size(), 3U);
  EXPECT_THAT(texts[1].options.front().choices, ElementsAre("train"));
  EXPECT_EQ(texts[2].name, "version");
}

TEST(Completion, NamesCommandsOptionsValuesAndKeys) {
  const auto texts = texts_of(program());
  for (const auto& make : {bash_completion, zsh_completion, fish_completion}) {
    const std::string script = make(texts, {"optimizer.lr", "seed"});
    for (const char* word : {"train", "help", "colour", "red blue", "json", "--optimizer.lr"}) {
      EXPECT_THAT(script, HasSubstr(word));
    }
  }
}

TEST(Completion, TextsAreQuoted) {
  const auto texts = texts_of(program());
  EXPECT_THAT(zsh_completion(texts, {}), HasSubstr("'train:Paints \\[things\\]'"));
  EXPECT_THAT(fish_completion(texts, {}),
              HasSubstr("-s c -l colour -r -f -a 'red blue' -d '.which'"));
}

TEST(ManPage, IsSafeRoff) {
  const std::string page = man_page(program(), texts_of(program()));
  EXPECT_THAT(page,
              HasSubstr(".SS train [OPTIONS] recipe [files...] [\\-\\-section.key VALUE ...]"));
  EXPECT_THAT(page, HasSubstr("it's done \\-\\- by hand."));
  EXPECT_THAT(page, HasSubstr("\\&.which (default: red)"));
  EXPECT_THAT(page, HasSubstr("\\fB\\-c\\fR, \\fB\\-\\-colour\\fR \\fIred|blue\\fR"));
  EXPECT_THAT(page, HasSubstr(".SH EXIT STATUS\n.TP\n0\nsuccess\n"));
  EXPECT_THAT(page, HasSubstr(".TP\n75\n"));
  EXPECT_THAT(page, Not(HasSubstr("\n.which")));
}

}  // namespace
}  // namespace automodel::cli
