#include "cli/texts/command_text.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "base/text.h"

namespace automodel::cli {
namespace {

constexpr std::string_view kExample = "Example: ";

/// Of "TEXT:{a,b}".
std::vector<std::string> choices_of(const std::string& type) {
  const auto begin = type.find('{');
  const auto end = type.find('}', begin);
  return end == std::string::npos ? std::vector<std::string>{}
                                  : split(type.substr(begin + 1, end - begin - 1), ',');
}

OptionText text_of(const CLI::Option& option) {
  constexpr int kMany = 1 << 20;
  OptionText out{.description = option.get_description(),
                 .fallback = option.get_default_str(),
                 .choices = choices_of(option.get_type_name()),
                 .takes_value = option.get_items_expected_max() > 0,
                 .repeats = option.get_items_expected_max() > kMany,
                 .required = option.get_required()};
  for (const std::string& name : option.get_snames()) {
    out.names.push_back("-" + name);
  }
  for (const std::string& name : option.get_lnames()) {
    out.names.push_back("--" + name);
  }
  out.place = option.get_positional() ? option.get_name(/*positional=*/true) : "";
  return out;
}

/// The footer's example, without its title.
std::string example_of(const std::string& footer) {
  const auto at = footer.find(kExample);
  return at == std::string::npos ? "" : footer.substr(at + kExample.size());
}

}  // namespace

CommandText text_of(const Command& command) {
  CLI::App app;
  const auto values = command.declare(app);
  CommandText out{.name = command.name,
                  .summary = command.summary,
                  .description = app.get_description(),
                  .options = {},
                  .example = example_of(app.get_footer()),
                  .takes_overrides = command.takes_overrides};
  for (const CLI::Option* option : app.get_options()) {
    out.options.push_back(text_of(*option));
  }
  return out;
}

std::vector<CommandText> texts_of(const Program& program) {
  std::vector<CommandText> out;
  std::vector<std::string> names;
  for (const Command& command : program.commands) {
    out.push_back(text_of(command));
    names.push_back(command.name);
  }
  out.push_back({.name = "help",
                 .summary = "Print the list of commands, or the help of one",
                 .description = "Prints the list of commands, or the help of one.",
                 .options = {{.names = {},
                              .place = "command",
                              .description = "the command",
                              .fallback = {},
                              .choices = names}},
                 .example = program.name + " help " + names.front()});
  out.push_back({.name = "version",
                 .summary = "Print the version",
                 .description = "Prints the version.",
                 .options = {},
                 .example = program.name + " version"});
  return out;
}

std::string synopsis(const CommandText& command) {
  const std::string out = "automodel " + command.name;
  bool has_options = false;
  std::string places;
  for (const OptionText& option : command.options) {
    has_options = has_options || !option.is_place();
    if (option.is_place()) {
      const std::string word = option.place + (option.repeats ? "..." : "");
      places += option.required ? " " + word : fmt::format(" [{}]", word);
    }
  }
  return out + (has_options ? " [OPTIONS]" : "") + places +
         (command.takes_overrides ? " [--section.key VALUE ...]" : "");
}

}  // namespace automodel::cli
