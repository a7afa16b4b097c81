#pragma once
// A command as data, read off its declaration: what help, man page and completion are made of.

#include <string>
#include <vector>

#include "base/command.h"

namespace automodel::cli {

struct OptionText {
  std::vector<std::string> names = {};  // "-h", "--help"; none: a word by its place
  std::string place = {};               // the name of that word
  std::string description = {};
  std::string fallback = {};              // the value without it, where that is told
  std::vector<std::string> choices = {};  // none: any value
  bool takes_value = true;
  bool repeats = false;
  bool required = false;

  bool is_place() const { return names.empty(); }
};

struct CommandText {
  std::string name;
  std::string summary;
  std::string description;
  std::vector<OptionText> options;
  std::string example;  // a whole command line
  bool takes_overrides = false;
};

CommandText text_of(const Command& command);

/// Of all commands, and those that each program has: help and version.
std::vector<CommandText> texts_of(const Program& program);

/// "automodel plan [OPTIONS] recipe [--section.key VALUE ...]".
std::string synopsis(const CommandText& command);

}  // namespace automodel::cli
