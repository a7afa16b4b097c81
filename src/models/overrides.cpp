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
  merge(config, rope_in_place(config, overrides));
  return config;
}

}  // namespace automodel::models
