#include <fmt/format.h>

#include "base/text.h"
#include "cli/texts/completion.h"

namespace automodel::cli {
namespace {

constexpr const char* kBashHead =
    R"sh(# bash completion of automodel, made by `automodel completion bash`.
# Once: eval "$(automodel completion bash)"; always: write it to
# ~/.local/share/bash-completion/completions/automodel
_automodel() {
  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} command=${COMP_WORDS[1]}
  local options= values= keys=
  COMPREPLY=()
)sh";

constexpr const char* kTail = R"sh(  if [[ $cur == --*.* ]]; then
    options="$options $keys"
  fi
  if [[ -n $values ]]; then
    COMPREPLY=($(compgen -W "$values" -- "$cur"))
  elif [[ $cur == -* ]]; then
    COMPREPLY=($(compgen -W "$options" -- "$cur"))
  fi
}
complete -o default -F _automodel automodel
)sh";

std::string names_of(const CommandText& command) {
  std::vector<std::string> names;
  for (const OptionText& option : command.options) {
    names.insert(names.end(), option.names.begin(), option.names.end());
  }
  return join(names, " ");
}

/// The patterns of words after which, or as which, only `choices` may stand.
std::string value_cases(const CommandText& command) {
  std::string out;
  for (const OptionText& option : command.options) {
    if (option.choices.empty()) {
      continue;
    }
    const std::string values = join(option.choices, " ");
    out += option.is_place() ? fmt::format("      [[ $cur == -* ]] || values='{}'\n", values)
                             : fmt::format("      [[ $prev == {} ]] && values='{}'\n",
                                           option.names.back(), values);
  }
  return out;
}

std::string command_case(const CommandText& command) {
  const bool is_recipe = command.name == "train";
  std::string out =
      fmt::format("    {}{})\n", command.name, is_recipe ? " | *.yaml | *.yml | */*" : "");
  out += fmt::format("      options='{}'\n", names_of(command));
  out += command.takes_overrides ? "      keys=$_automodel_keys\n" : "";
  return out + value_cases(command) + "      ;;\n";
}

}  // namespace

std::string bash_completion(const std::vector<CommandText>& commands,
                            const std::vector<std::string>& keys) {
  std::string names;
  std::string cases;
  for (const CommandText& command : commands) {
    names += command.name + " ";
    cases += command_case(command);
  }
  std::string key_words;
  for (const std::string& key : keys) {
    key_words += "--" + key + " ";
  }
  return fmt::format(
      "{}  if ((COMP_CWORD == 1)); then\n"
      "    COMPREPLY=($(compgen -W '{}--help --version' -- \"$cur\"))\n"
      "    return\n  fi\n  case $command in\n{}  esac\n{}_automodel_keys='{}'\n",
      kBashHead, names, cases, kTail, key_words);
}

}  // namespace automodel::cli
