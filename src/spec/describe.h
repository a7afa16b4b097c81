#pragma once
// A spec as text that a person reads.

#include <string>
#include <vector>

#include "spec/model_spec.h"

namespace automodel::spec {

/// The distinct kinds of blocks of a model in forward order, each with what sets it apart, no
/// sizes: {"gqa: rope, window", "gqa", "mlp: gated", "rms norms: before each branch"}.
std::vector<std::string> block_kinds(const ModelSpec& model);

/// All of a spec, one value a line: sizes, layers (equal ones together), head, parameters by role.
std::string describe(const ModelSpec& model);

}  // namespace automodel::spec
