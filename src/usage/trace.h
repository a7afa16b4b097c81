#pragma once
// `automodel trace`.

#include <string>

namespace CLI {
class App;
}

namespace automodel::usage {

struct Trace {
  static constexpr const char* kName = "trace";
  static constexpr const char* kSummary =
      "Write logits, loss and gradients of one batch, to compare implementations";

  std::string model;
  std::string revision = "main";
  std::string batch;
  std::string out;
  std::string dtype = "float32";
  std::string device = "cpu";
  std::string experts = "unnamed";
  std::string recompute = "off";

  void declare(CLI::App& app);
};

}  // namespace automodel::usage
