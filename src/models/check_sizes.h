#pragma once
// Whether a model of these sizes can be.

#include <string>

#include "spec/model_spec.h"

namespace automodel::models {

/// Throws Error(corrupt_data) that names what cannot be: a parameter without elements or with more
/// than memory could ever hold, a window or chunk of no token, a RoPE or an epsilon out of range.
void check_sizes(const spec::ModelSpec& model, const std::string& source);

}  // namespace automodel::models
