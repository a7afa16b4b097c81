#pragma once
// Old and special forms of a recipe become the usual one before it is checked.

#include <vector>

#include "config/node.h"

namespace automodel::config {

struct NormalisedTree {
  Node root;
  std::vector<Problem> warnings;
};

/// `rng.seed` becomes `seed` and `dataloader.dataset` becomes `dataset` where those are absent.
NormalisedTree normalise_tree(Node root);

/// Removes `wandb` from a checked tree if wandb.enable is false.
void drop_switched_off(Node& checked);

}  // namespace automodel::config
