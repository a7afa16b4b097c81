#pragma once
// The options of the commands that run a recipe; every other one overrides a key of it. Both
// programs read them.

#include <string>
#include <vector>

namespace automodel::config {

inline const std::vector<std::string> kTrainOptions = {"--help", "--config", "--smoke"};
inline const std::vector<std::string> kBenchOptions = {"--help", "--config",  "--warmup", "--steps",
                                                       "--rows", "--threads", "--json"};
/// Those of all of them that have no value.
inline const std::vector<std::string> kRunFlags = {"--help", "--json", "--smoke"};

}  // namespace automodel::config
