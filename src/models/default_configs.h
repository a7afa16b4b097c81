#pragma once
// What Transformers' configuration class of each supported type says without arguments, compiled in
// from default_configs.jsonl: an example of every family, and what an absent key means.

#include <map>
#include <string>

#include "base/json.h"

namespace automodel::models {

/// model_type -> config.json.
std::map<std::string, Json> default_configs();

/// The type whose configuration class this is, e.g. "Qwen3MoeConfig"; empty if none is.
std::string type_of_class(const std::string& config_class);

/// The default config.json of a supported type without the keys that its class computes from
/// others, such as head_dim: with another size they would be another's.
Json stated_defaults(const std::string& model_type);

/// The keys of a type whose default is one value whatever the other keys say; empty for a type that
/// is not supported.
Json fixed_defaults(const std::string& model_type);

}  // namespace automodel::models
