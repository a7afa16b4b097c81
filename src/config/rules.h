#pragma once
// Contradictions: keys that are right by themselves but cannot act together.

#include <vector>

#include "config/node.h"

namespace automodel::config {

struct RuleFindings {
  std::vector<Problem> problems;
  std::vector<Problem> warnings;
};

/// Applies every rule to a checked tree.
RuleFindings apply_rules(const Node& tree);

}  // namespace automodel::config
