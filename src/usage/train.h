#pragma once
// `automodel train`.

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace automodel::usage {

struct Train {
  static constexpr const char* kName = "train";
  static constexpr const char* kSummary = "Train by a recipe";

  std::string recipe;
  std::vector<std::string> overrides;
  bool smoke = false;
  std::string processes = "1";

  void declare(CLI::App& app);
};

}  // namespace automodel::usage
