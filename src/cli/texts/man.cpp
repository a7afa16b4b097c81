#include "cli/texts/man.h"

#include <fmt/format.h>

#include "base/exit_code.h"
#include "base/text.h"

namespace automodel::cli {
namespace {

/// A line of text: no character of it is a request, and hyphens are those of the keyboard.
std::string plain(std::string text) {
  text = replace_all(replace_all(text, "\\", "\\e"), "-", "\\-");
  const bool is_request = text.starts_with('.') || text.starts_with('\'');
  return (is_request ? "\\&" : "") + text;
}

std::string bold(const std::string& text) { return "\\fB" + plain(text) + "\\fR"; }
std::string italic(const std::string& text) { return "\\fI" + plain(text) + "\\fR"; }

std::string option_head(const OptionText& option) {
  if (option.is_place()) {
    return italic(option.place) + (option.repeats ? " ..." : "");
  }
  std::vector<std::string> names;
  for (const std::string& name : option.names) {
    names.push_back(bold(name));
  }
  const std::string value = !option.takes_value      ? ""
                            : option.choices.empty() ? " " + italic("VALUE")
                                                     : " " + italic(join(option.choices, "|"));
  return join(names, ", ") + value + (option.repeats ? " ..." : "");
}

std::string option_part(const OptionText& option) {
  const bool is_choice = option.is_place() && !option.choices.empty();
  std::string text = option.description + (is_choice ? ": " + join(option.choices, ", ") : "");
  text += option.fallback.empty() ? "" : fmt::format(" (default: {})", option.fallback);
  return fmt::format(".TP\n{}\n{}\n", option_head(option), plain(text));
}

std::string command_part(const CommandText& command) {
  std::string out = fmt::format(".SS {}\n{}\n.PP\n{}\n", plain(synopsis(command).substr(10)),
                                plain(command.summary) + ".", plain(command.description));
  for (const OptionText& option : command.options) {
    out += option_part(option);
  }
  return out + fmt::format(".PP\nExample:\n.PP\n.EX\n    {}\n.EE\n", plain(command.example));
}

std::string exit_part() {
  std::string out = ".SH EXIT STATUS\n";
  for (const ExitCodeText& code : exit_codes()) {
    out += fmt::format(".TP\n{}\n{}\n", static_cast<int>(code.code), plain(code.meaning));
  }
  return out;
}

}  // namespace

std::string man_page(const Program& program, const std::vector<CommandText>& commands) {
  std::string out = fmt::format(
      ".TH AUTOMODEL 1 \"\" \"{}\" \"User Commands\"\n.SH NAME\n{} \\- {}\n.SH SYNOPSIS\n",
      plain(program.version), program.name, plain(program.summary));
  out += fmt::format("{} {}\n.br\n{} {}\n.SH DESCRIPTION\n", bold(program.name),
                     italic("COMMAND [OPTIONS]"), bold(program.name),
                     italic("RECIPE.yaml [--section.key VALUE ...]"));
  out += plain(
             "Reads Hugging Face folders, GGUF files and the recipes of NVIDIA NeMo AutoModel; "
             "writes Hugging Face folders and PEFT adapters. The second form is that of train.") +
         "\n.SH COMMANDS\n";
  for (const CommandText& command : commands) {
    out += command_part(command);
  }
  return out + exit_part();
}

}  // namespace automodel::cli
