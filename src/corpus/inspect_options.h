#pragma once
// The command line of `automodel data`.

#include <cstdint>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace automodel::corpus {

struct InspectOptions {
  static constexpr const char* kName = "data";
  static constexpr const char* kSummary = "Show what a model would be trained on, and check it";

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

  void declare(CLI::App& app);
};

/// Throws Error(invalid_argument) unless there is either a recipe or files with a tokenizer.
void check_options(const InspectOptions& options);

}  // namespace automodel::corpus
