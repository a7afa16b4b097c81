#include "models/overrides.h"

#include <algorithm>
#include <utility>

#include "base/error.h"

namespace automodel::models {
namespace {

/// Values of another type of RoPE mean nothing beside this one.
bool is_whole(const Json& object) {
  return object.contains("rope_type") || object.contains("type");
}

void merge(Json& config, const Json& overrides) {
  for (const auto& [key, value] : overrides.items()) {
    Json& old = config[key];
    if (value.is_object() && old.is_object() && !is_whole(value)) {
      merge(old, value);
    } else {
      old = value;
    }
  }
}

/// Of lists with an entry for each layer, such as layer_types, fewer layers need the beginning.
void cut_layer_lists(Json& config, const Json& overrides) {
  const Json layers = config.value("num_hidden_layers", Json());
  const Json wanted = overrides.value("num_hidden_layers", Json());
  if (!layers.is_number_integer() || !wanted.is_number_integer() || wanted < Json(0) ||
      wanted >= layers) {
    return;
  }
  for (const auto& [key, value] : config.items()) {
    if (value.is_array() && layers == Json(value.size()) &&
        key.find("layer") != std::string::npos) {
      value = Json(value.begin(), value.begin() + wanted.get<std::ptrdiff_t>());
    }
  }
}

bool is_by_kind(const Json& rope_parameters) {
  return std::ranges::any_of(rope_parameters, [](const Json& value) { return value.is_object(); });
}

}  // namespace

Json rope_in_place(const Json& config, Json overrides) {
  const auto found = config.find("rope_parameters");
  if (found == config.end() || !found->is_object() || found->empty()) {
    return overrides;
  }
  for (const char* key : {"rope_scaling", "rope_theta", "partial_rotary_factor"}) {
    const auto given = overrides.find(key);
    if (given == overrides.end() || given->is_null()) {
      continue;
    }
    check(!is_by_kind(*found), ErrorKind::invalid_argument,
          "model.{0}: {1}, but the config says RoPE for each kind of layer; override e.g. "
          "model.rope_parameters.{2} instead",
          key, given->dump(), found->begin().key());
    Json parts = {{"rope_parameters", *found}};
    merge(parts, {{"rope_parameters", overrides.value("rope_parameters", Json::object())}});
    Json& parameters = parts["rope_parameters"];
    if (given->is_object()) {
      Json theta = parameters.value("rope_theta", Json());
      parameters = *given;
      parameters.emplace("rope_theta", std::move(theta));
    } else {
      parameters[key] = *given;
    }
    overrides["rope_parameters"] = std::move(parameters);
    overrides.erase(key);
  }
  return overrides;
}

Json with_overrides(Json config, const Json& overrides) {
  const auto count = overrides.find("num_labels");
  const auto names = config.find("id2label");
  const bool counts_otherwise =
      count != overrides.end() && names != config.end() && *count != Json(names->size());
  if (counts_otherwise || overrides.contains("id2label")) {
    config.erase("id2label");
    config.erase("label2id");
  }
  cut_layer_lists(config, overrides);
  merge(config, rope_in_place(config, overrides));
  return config;
}

}  // namespace automodel::models
