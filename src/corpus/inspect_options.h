#pragma once
// The command line of `automodel data`.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/command.h"

namespace automodel::corpus {

struct InspectOptions {
  /// Either a recipe with overrides of its keys, or files with a tokenizer.
  std::string recipe;
  std::vector<std::string> overrides;
  std::vector<std::string> paths;
  std::string tokenizer;
  std::string target = "chat_dataset.ChatDataset";
  std::string keys = "{}";
  std::int64_t max_tokens = 0;
  /// Names of checks that are not made.
  std::vector<std::string> disabled;
  std::int64_t num_shown = 3;
  std::int64_t max_rows = 100000;
  bool json = false;
  bool strict = false;
  std::string html;
};

/// Empty if help was asked for, and printed. Throws Error(invalid_argument) unless there is either
/// a recipe or files with a tokenizer.
std::optional<InspectOptions> read_inspect_options(Arguments arguments);

/// The key of a data set's section that holds its paths; it differs from kind to kind.
std::string path_key(const std::string& target);

}  // namespace automodel::corpus
