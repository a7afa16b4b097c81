#pragma once
// The names that Hugging Face's model configurations use, so that a misspelt override of one is
// found without a model.

#include <string>
#include <string_view>
#include <vector>

namespace automodel::config {

/// Keys of config.json and keywords of model constructors: Transformers' text and vision-language
/// families (5.23) and those that upstream adds. A key that a family does not use is found when the
/// model is built.
const std::vector<std::string>& model_config_names();

/// True for dotted names of a configuration class, or of its from_pretrained, below transformers or
/// nemo_automodel.
bool is_config_class(std::string_view dotted_name);
bool is_config_from_pretrained(std::string_view dotted_name);

}  // namespace automodel::config
