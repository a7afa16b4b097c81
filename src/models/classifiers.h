#pragma once
// Models that tell the class of a text: which types have them, and what config.json says of one.

#include <string>
#include <vector>

#include "models/config_reader.h"
#include "spec/model_spec.h"

namespace automodel::models {

/// What makes the config.json of a language model, of whatever type, that of a classifier.
Json classifier_overrides(std::int64_t num_labels);

/// Whether "architectures" of this config.json names a classifier.
bool is_classifier(const Json& config);

/// The classifier that such a config.json describes, from the spec of the type's language model. It
/// has `num_labels` classes, or as many as `id2label` has entries, or 2.
/// Throws Error(unsupported) for a type of which Transformers has no such class;
/// Error(corrupt_data) if the numbers of classes differ.
spec::ModelSpec read_classifier(const ConfigReader& config, const Json& json,
                                const spec::ModelSpec& language_model);

/// Throws Error(unsupported) for the config.json of a classifier that no data here train: of one
/// class, as a reward model is, or of several classes at once.
void check_trains(const Json& config, std::int64_t num_labels);

/// The names of the classes by number; empty where config.json has none but Transformers' own
/// (LABEL_0, LABEL_1 ...). Throws Error(corrupt_data) if label2id says otherwise than id2label.
std::vector<std::string> class_names(const Json& config);

/// config.json with these names, one for each class.
Json with_class_names(Json config, const std::vector<std::string>& names);

/// What config.json of a classifier of this spec says of its classes, as Transformers writes it:
/// id2label with the names in `config` if it has them, label2id, problem_type if it is decided.
Json class_keys(const Json& config, std::int64_t num_labels);

}  // namespace automodel::models
