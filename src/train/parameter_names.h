#pragma once
// What users call the parameters of a model.

#include <map>
#include <string>

#include "spec/model_spec.h"

namespace automodel::train {

/// By our name of a parameter: what Transformers calls the tensors that it is or is a part of, in
/// memory; of an adapter, the name in PEFT without its prefix and "default".
using ParameterNames = std::multimap<std::string, std::string, std::less<>>;

/// Of every parameter and every adapter that a model of this spec can have.
ParameterNames parameter_names(const spec::ModelSpec& model);

}  // namespace automodel::train
