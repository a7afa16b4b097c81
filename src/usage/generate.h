#pragma once
// `automodel generate`.

#include <cstdint>
#include <optional>
#include <string>

namespace CLI {
class App;
}

namespace automodel::usage {

struct Generate {
  static constexpr const char* kName = "generate";
  static constexpr const char* kSummary = "Write text with a model";

  std::string model;
  std::string revision = "main";
  std::optional<std::string> prompt;
  std::string system;
  std::string adapter;
  std::string dtype = "auto";
  std::string device = "auto";
  bool raw = false;
  std::int64_t max_new_tokens = 256;
  double temperature = 0;
  std::int64_t top_k = 0;
  double top_p = 1;
  double repetition_penalty = 1;
  std::uint64_t seed = 0;

  void declare(CLI::App& app);
};

}  // namespace automodel::usage
