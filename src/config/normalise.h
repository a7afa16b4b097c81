#pragma once
// Old and special forms of a recipe become the usual one before it is checked.

#include <optional>
#include <vector>

#include "config/interpolate.h"
#include "config/node.h"

namespace automodel::config {

struct NormalisedTree {
  Node root;
  std::vector<Problem> warnings;
};

/// `rng.seed` becomes `seed` and `dataloader.dataset` becomes `dataset` where those are absent, and
/// a model's `dtype` its `torch_dtype`: unless both are given in one place and differ.
NormalisedTree normalise_tree(Node root);

/// Sets what the sections wandb and mlflow of a checked tree leave open as the variables of those
/// programs say: MLFLOW_TRACKING_URI, MLFLOW_EXPERIMENT_NAME, and of WANDB_* those that wandb.init
/// reads where an argument is left out. They go before our defaults; empty ones do not count.
void fill_from_environment(Node& checked, const Environment& environment);

/// The chat template that the keys of a section of data have, or those of all parts that it blends:
/// a text or null. Nothing if parts differ in it, or if one has no such key.
std::optional<Json> shared_template(const Json& section_keys);

/// Gives validation sections of a checked tree that leave chat_template open that of `dataset`, if
/// all parts of a blend there have the same: upstream's data sets share one tokenizer, on which
/// `dataset` sets its template first. Returns a warning for each that has another.
std::vector<Problem> share_chat_template(Node& checked);

/// Removes `wandb` from a checked tree if wandb.enable is false or wandb.mode "disabled".
void drop_switched_off(Node& checked);

}  // namespace automodel::config
