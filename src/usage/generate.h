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
  std::string chat_template_kwargs;  // JSON
  std::string adapter;
  std::string dtype = "auto";
  std::string device = "auto";
  bool raw = false;
  std::int64_t max_new_tokens = 256;
  // Where these are not given, the model's generation_config.json decides.
  std::optional<double> temperature;
  std::optional<std::int64_t> top_k;
  std::optional<double> top_p;
  std::optional<double> repetition_penalty;
  std::optional<std::uint64_t> seed;

  /// Whether an option that only draws know is given.
  bool asks_for_draws() const { return top_k || top_p || seed; }

  void declare(CLI::App& app);
};

}  // namespace automodel::usage
