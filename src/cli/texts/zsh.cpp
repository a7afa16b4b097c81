#include <fmt/format.h>

#include "base/text.h"
#include "cli/texts/completion.h"

namespace automodel::cli {
namespace {

constexpr const char* kZshHead = R"sh(#compdef automodel
# zsh completion of automodel, made by `automodel completion zsh`.
# Once: source <(automodel completion zsh); always: write it to a file _automodel in $fpath.
_automodel() {
  local curcontext=$curcontext state line
  local -a commands keys
)sh";

/// For a text in single quotes, in which brackets and colons mean something.
std::string quoted(std::string text) {
  for (const char* special : {"\\", "[", "]", ":"}) {
    text = replace_all(text, special, std::string("\\") + special);
  }
  return replace_all(text, "'", "'\\''");
}

std::string value_of(const OptionText& option) {
  return option.choices.empty() ? "_files" : fmt::format("({})", join(option.choices, " "));
}

std::string spec(const OptionText& option) {
  if (option.is_place()) {
    return fmt::format("'{}:{}:{}'",
                       option.repeats    ? "*"
                       : option.required ? ""
                                         : ":",
                       quoted(option.place), value_of(option));
  }
  std::string out;
  for (const std::string& name : option.names) {
    const std::string value =
        option.takes_value ? fmt::format(":{}:{}", "value", value_of(option)) : "";
    out += fmt::format("{}'{}{}[{}]{}'", out.empty() ? "" : " ", option.repeats ? "*" : "", name,
                       quoted(option.description), value);
  }
  return out;
}

std::string command_case(const CommandText& command) {
  const bool is_recipe = command.name == "train";
  std::string out = fmt::format("    {}{})\n", command.name, is_recipe ? "|*.yaml|*.yml|*/*" : "");
  if (command.takes_overrides) {
    out += "      if [[ $PREFIX == --*.* ]]; then compadd -a keys; return; fi\n";
  }
  out += "      _arguments -s";
  for (const OptionText& option : command.options) {
    out += " \\\n        " + spec(option);
  }
  return out + "\n      ;;\n";
}

}  // namespace

std::string zsh_completion(const std::vector<CommandText>& commands,
                           const std::vector<std::string>& keys) {
  std::string names;
  std::string cases;
  for (const CommandText& command : commands) {
    names += fmt::format("    '{}:{}'\n", command.name, quoted(command.summary));
    cases += command_case(command);
  }
  std::string key_words;
  for (const std::string& key : keys) {
    key_words += " --" + key;
  }
  return fmt::format(
      "{}  commands=(\n{}  )\n  keys=({})\n"
      "  if ((CURRENT == 2)); then\n"
      "    _describe command commands\n    _files -g '*.y(a|)ml'\n    return\n  fi\n"
      "  local command=$words[2]\n  shift words\n  ((CURRENT--))\n"
      "  case $command in\n{}  esac\n}}\n"
      "if [[ $funcstack[1] == _automodel ]]; then _automodel \"$@\"; else compdef _automodel "
      "automodel; fi\n",
      kZshHead, names, key_words, cases);
}

}  // namespace automodel::cli
