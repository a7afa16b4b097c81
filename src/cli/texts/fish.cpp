#include <fmt/format.h>

#include "base/text.h"
#include "cli/texts/completion.h"

namespace automodel::cli {
namespace {

constexpr const char* kFishHead =
    R"sh(# fish completion of automodel, made by `automodel completion fish`.
# Once: automodel completion fish | source; always: write it to
# ~/.config/fish/completions/automodel.fish
)sh";

std::string quoted(const std::string& text) {
  return "'" + replace_all(replace_all(text, "\\", "\\\\"), "'", "\\'") + "'";
}

/// When the command line is one of this command.
std::string condition(const CommandText& command) {
  return command.name == "train"
             ? "'__fish_seen_subcommand_from train; or string match -qr \"\\.ya?ml\\$|/\" -- "
               "(commandline -opc)[2]'"
             : fmt::format("'__fish_seen_subcommand_from {}'", command.name);
}

std::string option_line(const CommandText& command, const OptionText& option) {
  std::string out = fmt::format("complete -c automodel -n {}", condition(command));
  for (const std::string& name : option.names) {
    out += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
  }
  out += option.takes_value && !option.is_place() ? " -r" : "";
  out += option.choices.empty() ? "" : fmt::format(" -f -a {}", quoted(join(option.choices, " ")));
  return out + (option.is_place() ? "" : " -d " + quoted(option.description)) + "\n";
}

}  // namespace

std::string fish_completion(const std::vector<CommandText>& commands,
                            const std::vector<std::string>& keys) {
  std::string out = kFishHead;
  for (const CommandText& command : commands) {
    out += fmt::format("complete -c automodel -n __fish_use_subcommand -a {} -d {}\n", command.name,
                       quoted(command.summary));
    for (const OptionText& option : command.options) {
      out += option.is_place() && option.choices.empty() ? "" : option_line(command, option);
    }
    if (command.takes_overrides) {
      out +=
          fmt::format("complete -c automodel -n {} -a '$__automodel_keys'\n", condition(command));
    }
  }
  std::string key_words;
  for (const std::string& key : keys) {
    key_words += " --" + key;
  }
  return out + fmt::format("set -g __automodel_keys{}\n", key_words);
}

}  // namespace automodel::cli
