#pragma once
// The list of supported families.

#include "models/family.h"
#include "spec/lora_modules.h"

namespace automodel::models {

std::vector<Family> families();

/// The family of a config.json, by model_type.
/// Throws Error(unsupported) for others: with what the type needs if we know it, else with the
/// nearest supported types.
Family find_family(const Json& config, const std::string& source);

/// A spec and what became of each key of the config.json that it was read from.
struct Reading {
  spec::ModelSpec spec;
  std::vector<KeyUse> keys;
};

/// config.json -> spec, strictly: a key that could change the mathematics and is not understood is
/// an error. `source` names the file in errors.
Reading read_config(const Json& config, const std::string& source);
spec::ModelSpec read_spec(const Json& config, const std::string& source);

/// The tensors of the checkpoint of a spec that read_spec made.
std::vector<spec::StoredTensor> weight_map(const spec::ModelSpec& model);

/// The tensors of such a model as Transformers holds them in memory.
std::vector<spec::StoredTensor> loaded_tensors(const spec::ModelSpec& model);

/// The linear layers of such a spec as Transformers' modules.
std::vector<spec::LoraModule> lora_modules(const spec::ModelSpec& model);

/// Dotted parts of the names of tensors that checkpoints of this spec may hold and that the model
/// does not use, e.g. layers that predict further tokens.
std::vector<std::string> ignored_weights(const spec::ModelSpec& model);

/// Dotted parts of the names of tensors that checkpoints of this spec may lack: zeros then.
std::vector<std::string> optional_weights(const spec::ModelSpec& model);

/// The name of an untied head's weight; files of a tied one may hold a copy under it.
std::string stored_head_name(const spec::ModelSpec& model);

/// What the names of the body's tensors begin with, and lack in files that were saved without the
/// head.
std::string body_prefix(const spec::ModelSpec& model);

}  // namespace automodel::models
