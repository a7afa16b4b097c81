#pragma once
// How a run that does not fit can be made to.

#include <string>
#include <vector>

#include "plan/run_cost.h"

namespace automodel::plan {

struct Change {
  std::vector<std::string> overrides;  // of the recipe, as on the command line
  std::string effect;                  // on what is learnt; empty: none
  RunCost cost;
};

/// At most three changes after which the run fits the machine's memory, cheapest first: those that
/// cost nothing before those that cost time, and those before any that change what is learnt.
std::vector<Change> cheapest_changes(const config::Recipe& recipe, const spec::ModelSpec& spec,
                                     const CostOptions& options);

}  // namespace automodel::plan
