#pragma once
// Old and special forms of a recipe become the usual one before it is checked.

#include <vector>

#include "config/node.h"

namespace automodel::config {

struct NormalisedTree {
  Node root;
  std::vector<Problem> warnings;
};

/// `rng.seed` becomes `seed` and `dataloader.dataset` becomes `dataset` where those are absent;
/// `wandb` is dropped if wandb.enable is false.
NormalisedTree normalise_tree(Node root);

}  // namespace automodel::config
