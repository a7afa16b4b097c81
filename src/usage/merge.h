#pragma once
// `automodel merge`.

#include <string>

#include "usage/written_model.h"

namespace automodel::usage {

struct Merge {
  static constexpr const char* kName = "merge";
  static constexpr const char* kSummary = "Merge an adapter into its base model";

  std::string adapter;
  std::string revision = "main";
  std::string out;
  std::string base;
  WrittenModel written;

  void declare(CLI::App& app);
};

}  // namespace automodel::usage
