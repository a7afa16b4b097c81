#pragma once
// One block of a spec as text.

#include <string>

#include "spec/model_spec.h"

namespace automodel::spec {

/// Name of the kind and what sets the block apart: "gqa: rope, window".
std::string kind_of(const Mixer& mixer);
std::string kind_of(const Ffn& ffn);

/// Everything with its values: "gqa: 8 heads of 128, 2 key heads, rope theta 10000 over 128".
std::string describe(const Mixer& mixer);
std::string describe(const Ffn& ffn);
/// "rms, eps 1e-06"
std::string describe(const Norm& norm);
/// "before each branch"
std::string to_string(NormPlacement placement);
std::string to_string(Activation activation);

}  // namespace automodel::spec
