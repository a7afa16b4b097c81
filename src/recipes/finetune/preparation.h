#pragma once
// How the data of a run are prepared, as its user sees it.

#include <functional>
#include <string>

#include "recipes/finetune/run_data.h"

namespace automodel::recipes {

/// A line on stdout.
void tell_on_stdout(const std::string& line);

struct PreparationWatch {
  double seconds_between_lines = 10;
  std::function<void(const std::string&)> tell = tell_on_stdout;
};

/// Tells how many rows are done, if it takes long. Throws Error(interrupted) as soon as `stops`
/// says so.
OnPreparation watch_preparation(std::function<bool()> stops, PreparationWatch watch = {});

}  // namespace automodel::recipes
