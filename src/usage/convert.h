#pragma once
// `automodel convert`.

#include <string>

#include "usage/written_model.h"

namespace automodel::usage {

struct Convert {
  static constexpr const char* kName = "convert";
  static constexpr const char* kSummary = "Convert a checkpoint to another format";

  std::string model;
  std::string revision = "main";
  std::string out;
  WrittenModel written;

  void declare(CLI::App& app);
};

}  // namespace automodel::usage
