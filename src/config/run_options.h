#pragma once
// The options of the commands that run a recipe; every other one overrides a key of it. Both
// programs read them.

#include <array>
#include <string>

namespace automodel::config {

inline constexpr std::array<std::string, 3> kTrainOptions = {"--help", "--config", "--smoke"};
inline constexpr std::array<std::string, 7> kBenchOptions = {
    "--help", "--config", "--warmup", "--steps", "--rows", "--threads", "--json"};
/// Those of all of them that have no value.
inline constexpr std::array<std::string, 3> kRunFlags = {"--help", "--json", "--smoke"};

}  // namespace automodel::config
