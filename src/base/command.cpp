#include "base/command.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <new>
#include <optional>

#include "base/text.h"

namespace automodel {
namespace {

std::string help_text(const Program& program) {
  std::string text = fmt::format("{}: {}\n\nUsage: {} COMMAND [OPTIONS]\n", program.name,
                                 program.summary, program.name);
  if (program.run_recipe) {
    text += fmt::format(
        "       {} RECIPE.yaml [--section.key VALUE ...]    same as: {} train RECIPE.yaml\n",
        program.name, program.name);
  }
  text += "\nCommands:\n";
  for (const Command& command : program.commands) {
    text += fmt::format("  {:<16} {}\n", command.name, command.summary);
  }
  text += fmt::format("  {:<16} {}\n  {:<16} {}\n\n", "help",
                      "Print this text, or the help of COMMAND", "version", "Print the version");
  text += fmt::format("'{} COMMAND --help' lists a command's options, with an example.\n",
                      program.name);
  if (!program.example.empty()) {
    text += "Example: " + program.example + "\n";
  }
  text += "\nExit codes:\n";
  for (const ExitCodeText& code : exit_codes()) {
    text += fmt::format("  {:<4} {}\n", static_cast<int>(code.code), code.meaning);
  }
  return text;
}

bool looks_like_recipe(const std::string& word) {
  const std::filesystem::path path(word);
  std::error_code ignored;  // e.g. a name too long for a path
  return path.extension() == ".yaml" || path.extension() == ".yml" ||
         word.find('/') != std::string::npos || std::filesystem::is_regular_file(path, ignored);
}

const Command* find_command(const Program& program, const std::string& name) {
  const auto found = std::ranges::find(program.commands, name, &Command::name);
  return found == program.commands.end() ? nullptr : &*found;
}

/// Upstream took a command and a kind of model before `-c RECIPE`, and still takes options there.
std::string advice_on_recipes(const Program& program, Arguments arguments) {
  for (const std::string& word : arguments) {
    const std::string value =
        word.starts_with("-") ? word.substr(word.find('=') + 1) : word;  // of --config=RECIPE
    if (program.run_recipe && (value.ends_with(".yaml") || value.ends_with(".yml"))) {
      return fmt::format("; a recipe comes first: '{} {}'", program.name, value);
    }
  }
  return "";
}

[[noreturn]] void fail_unknown_command(const Program& program, Arguments arguments) {
  const std::string& name = arguments.front();
  std::vector<std::string> names = {"help", "version"};
  for (const Command& command : program.commands) {
    names.push_back(command.name);
  }
  const std::string advice = advice_on_recipes(program, arguments);
  fail(ErrorKind::invalid_argument, "unknown command '{}'{}; '{} --help' lists the commands", name,
       advice.empty() ? did_you_mean(name, names) : advice, program.name);
}

ExitCode print(const std::string& text) {
  fmt::print("{}", text);
  return ExitCode::ok;
}

ExitCode run_help(const Program& program, Arguments arguments) {
  const std::string name = arguments.size() < 2 ? "help" : arguments[1];
  if (name == "help" || name == "version" || name.starts_with("-")) {
    return print(help_text(program));
  }
  const Command* command = find_command(program, name);
  if (command == nullptr) {
    fail_unknown_command(program, arguments.subspan(1));
  }
  const std::vector<std::string> help = {"--help"};
  return command->run(help);
}

ExitCode dispatch(const Program& program, Arguments arguments) {
  check(!arguments.empty(), ErrorKind::invalid_argument, "no command given\n\n{}",
        help_text(program));
  const std::string& first = arguments.front();
  if (first == "help" || first == "--help" || first == "-h") {
    return run_help(program, arguments);
  }
  if (first == "version" || first == "--version" || first == "-V") {
    return print(program.version + "\n");
  }
  if (const Command* command = find_command(program, first)) {
    return command->run(arguments.subspan(1));
  }
  if (program.run_recipe && !first.starts_with("-") && looks_like_recipe(first)) {
    return program.run_recipe(arguments);
  }
  fail_unknown_command(program, arguments);
}

ExitCode dispatch_and_flush(const Program& program, Arguments arguments) {
  const ExitCode code = dispatch(program, arguments);
  check(std::fflush(stdout) == 0 && std::ferror(stdout) == 0, ErrorKind::io,
        "cannot write to standard output");
  return code;
}

std::vector<std::string> long_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) {
      names.push_back("--" + name);
    }
  }
  return names;
}

/// CLI11 takes the word behind "--name=" for the option's value, which is the empty text: a word of
/// its own here.
std::vector<std::string> with_empty_values(const CLI::App& app, Arguments arguments) {
  std::vector<std::string> words;
  for (auto word = arguments.begin(); word != arguments.end(); ++word) {
    if (*word == "--") {  // what follows are no options
      words.insert(words.end(), word, arguments.end());
      break;
    }
    const bool may_be_empty = word->starts_with("--") && word->ends_with('=');
    const CLI::Option* option =
        may_be_empty ? app.get_option_no_throw(word->substr(0, word->size() - 1)) : nullptr;
    if (option != nullptr && option->get_items_expected_max() > 0) {
      words.push_back(word->substr(0, word->size() - 1));
      words.emplace_back();
    } else {
      words.push_back(*word);
    }
  }
  return words;
}

std::string unknown_option_text(const CLI::App& app, const std::string& word) {
  return fmt::format("unknown argument '{}'{}", word, did_you_mean(word, long_names(app)));
}

/// Whoever starts the program may have closed them. A file that it opens must not become one of
/// them, or what is printed goes into it.
void hold_standard_files() {
  for (int descriptor = 0; descriptor <= 2; ++descriptor) {
    if (::fcntl(descriptor, F_GETFD) == -1) {
      static_cast<void>(::open("/dev/null", O_RDWR));  // takes the lowest number that is free
    }
  }
}

/// The exit code says it as well: who reads may be gone, for which fmt::print would throw.
void tell(const char* error) { std::fputs(fmt::format("error: {}\n", error).c_str(), stderr); }

/// Of names that nothing else has looked at: those that no path can have are bad input.
ExitCode tell(const std::filesystem::filesystem_error& error) {
  tell(fmt::format("cannot use the path {}: {}", error.path1().string(), error.code().message())
           .c_str());
  const bool is_no_path = error.code() == std::errc::filename_too_long ||
                          error.code() == std::errc::too_many_symbolic_link_levels ||
                          error.code() == std::errc::not_a_directory;
  return is_no_path ? ExitCode::bad_input : ExitCode::failure;
}

/// Whoever replaces data or weights in place takes the pages away that a run has mapped.
[[noreturn]] void tell_lost_pages(int /*signal*/) {
  constexpr std::string_view kText =
      "error: a file that is being read became shorter, or its disk failed. Data and models must "
      "stay as they are while they are used; write new ones under other names\n";
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, kText.data(), kText.size());
  ::_exit(static_cast<int>(ExitCode::failure));
}

}  // namespace

int run_program(const Program& program, int argc, const char* const* argv) {
  std::signal(SIGXFSZ, SIG_IGN);  // a file-size limit is an error of the write then
  std::signal(SIGBUS, tell_lost_pages);
  hold_standard_files();
  const std::vector<std::string> arguments(argv + std::min(argc, 1), argv + argc);
  try {
    return static_cast<int>(dispatch_and_flush(program, arguments));
  } catch (const Error& error) {
    tell(error.what());
    return static_cast<int>(exit_code_of(error.kind()));
  } catch (const std::filesystem::filesystem_error& error) {
    return static_cast<int>(tell(error));
  } catch (const std::bad_alloc&) {
    tell("out of memory");
  } catch (const std::exception& error) {
    tell(error.what());
  }
  return static_cast<int>(ExitCode::failure);
}

bool parse_arguments(CLI::App& app, Arguments arguments) {
  try {
    const auto words = with_empty_values(app, arguments);
    app.parse(std::vector<std::string>(words.rbegin(), words.rend()));
    return true;
  } catch (const CLI::CallForHelp&) {
    fmt::print("{}", app.help());
    return false;
  } catch (const CLI::ParseError& error) {
    const auto unknown = app.remaining();
    fail(ErrorKind::invalid_argument, "{}",
         unknown.empty() ? error.what() : unknown_option_text(app, unknown.front()));
  }
}

SplitArguments split_overrides(const CLI::App& app, Arguments arguments) {
  const auto options = long_names(app);
  SplitArguments out;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& word = arguments[i];
    const std::string name = word.substr(0, word.find('='));
    const bool own = !word.starts_with("--") || std::ranges::find(options, name) != options.end();
    (own ? out.own : out.overrides).push_back(word);
    const bool has_value = !own && name.size() == word.size() && i + 1 < arguments.size() &&
                           !arguments[i + 1].starts_with("--");
    if (has_value) {
      out.overrides.push_back(arguments[++i]);
    }
  }
  return out;
}

}  // namespace automodel
