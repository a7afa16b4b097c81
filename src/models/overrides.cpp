#include "models/overrides.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/text.h"
#include "config/schema/config_names.h"
#include "models/common.h"
#include "models/default_configs.h"
#include "models/registry.h"

namespace automodel::models {
namespace {

/// Values of another type of RoPE mean nothing beside this one.
bool is_whole(const Json& object) {
  return object.contains("rope_type") || object.contains("type");
}

/// The object with what does not depend on the type of a RoPE from `old` where it is silent.
Json in_place_of(const Json& old, Json object) {
  for (const char* key : {"rope_theta", "partial_rotary_factor"}) {
    if (old.contains(key)) {
      object.emplace(key, Json(old.at(key)));
    }
  }
  return object;
}

void merge(Json& config, const Json& overrides) {
  for (const auto& [key, value] : overrides.items()) {
    Json& old = config[key];
    if (!value.is_object() || !old.is_object()) {
      old = value;
    } else if (is_whole(value)) {
      old = in_place_of(old, value);
    } else {
      merge(old, value);
    }
  }
}

std::string type_of(const Json& config) {
  const Json type = config.value("model_type", Json());
  return type.is_string() ? type.get<std::string>() : "";
}

/// Of the config's type; none for one that is not supported.
std::vector<KeyName> key_names(const Json& config) {
  const auto all = families();
  const auto family = std::ranges::find(all, type_of(config), &Family::model_type);
  return family != all.end() ? family->key_names : std::vector<KeyName>();
}

/// Of two names that mean the same, overrides have those that the config has, else the family's
/// own.
Json as_spelled(const Json& config, Json overrides) {
  for (const auto& [common, own] : key_names(config)) {
    const std::string given = overrides.contains(common) ? common : own;
    if (!overrides.contains(given) || (given == common && overrides.contains(own))) {
      continue;
    }
    const Json value = overrides.at(given);
    overrides.erase(given);
    if (config.contains(common)) {
      overrides[common] = value;
    }
    if (config.contains(own) || !config.contains(common)) {
      overrides[own] = value;
    }
  }
  return overrides;
}

/// The config's name of num_hidden_layers.
std::string layers_key(const Json& config) {
  const auto names = key_names(config);
  const auto found = std::ranges::find(names, "num_hidden_layers", &KeyName::common);
  return found != names.end() && config.contains(found->own) ? found->own : "num_hidden_layers";
}

/// Of lists with an entry for each layer, such as layer_types, fewer layers need the beginning.
void cut_layer_lists(Json& config, const Json& overrides) {
  const auto key_of_count = layers_key(config);
  const Json layers = config.value(key_of_count, Json());
  const Json wanted = overrides.value(key_of_count, Json());
  if (!layers.is_number_integer() || !wanted.is_number_integer() || wanted < Json(0) ||
      wanted >= layers) {
    return;
  }
  for (const auto& [key, value] : config.items()) {
    const bool is_of_layers =
        key.find("layer") != std::string::npos || key == "attn_type_list";  // MiniMax's
    if (value.is_array() && layers == Json(value.size()) && is_of_layers) {
      value = Json(value.begin(), value.begin() + wanted.get<std::ptrdiff_t>());
    }
  }
}

bool is_by_kind(const Json& rope_parameters) {
  return std::ranges::any_of(rope_parameters, [](const Json& value) { return value.is_object(); });
}

/// It says something that belongs to no kind of layer.
bool is_flat(const Json& rope_parameters) {
  return std::ranges::any_of(
      rope_parameters, [](const Json& value) { return !value.is_object() && !value.is_null(); });
}

/// The kinds of layers that have a RoPE of their own, by the config or, if that is silent, by its
/// type.
std::vector<std::string> kinds_of(const Json& config) {
  Json parameters = config.value("rope_parameters", Json());
  if (!is_by_kind(parameters)) {
    const auto usual = default_configs();
    const auto own = usual.find(type_of(config));
    parameters = own != usual.end() ? own->second.value("rope_parameters", Json()) : Json();
  }
  std::vector<std::string> kinds;
  for (const auto& [key, value] : parameters.items()) {
    if (value.is_object()) {
      kinds.push_back(key);
    }
  }
  return kinds;
}

/// Throws for overrides of a RoPE that name no kind of layer where each has its own.
void check_kind_is_named(const Json& config, const std::string& key, const Json& given) {
  const auto kinds = kinds_of(config);
  check(kinds.empty(), ErrorKind::invalid_argument,
        "model.{}: {}, but this model has a RoPE for each kind of layer; override "
        "model.rope_parameters.{} instead",
        key, given.dump(), fmt::join(kinds, " or model.rope_parameters."));
}

/// The RoPE, or one of several, is of another type than the plain one.
bool is_scaled(const Json& rope_parameters) {
  const auto scales = [](const Json& one) {
    return one.is_object() && rope_type(ConfigReader(one, "rope_parameters")) != "default";
  };
  return scales(rope_parameters) || std::ranges::any_of(rope_parameters, scales);
}

/// Those of the older keys that say something else than the config's parameters.
std::vector<std::string> older_rope_keys(const Json& rope_parameters, const Json& overrides) {
  std::vector<std::string> keys;
  for (const char* key : {"rope_scaling", "rope_theta", "partial_rotary_factor"}) {
    if (!overrides.value(key, Json()).is_null()) {
      keys.emplace_back(key);
    }
  }
  const bool is_off = overrides.contains("rope_scaling") && overrides.at("rope_scaling").is_null();
  const bool has_type = is_whole(overrides.value("rope_parameters", Json()));
  if (is_off && !has_type && is_scaled(rope_parameters)) {
    keys.emplace_back("rope_scaling");
  }
  return keys;
}

/// What the value of an older key is among rope_parameters.
Json as_parameters(const std::string& key, const Json& value) {
  if (value.is_null()) {
    return {{"rope_type", "default"}};
  }
  return value.is_object() ? value : Json::object({{key, value}});
}

/// Beside rope_parameters nothing reads the older keys.
Json rope_in_place(const Json& config, Json overrides) {
  const Json own = overrides.value("rope_parameters", Json::object());
  if (own.is_object() && is_flat(own)) {
    check_kind_is_named(config, "rope_parameters", own);
  }
  Json made = {{"rope_parameters", config.value("rope_parameters", Json())}};
  const Json& old = made.at("rope_parameters");
  if (!old.is_object() || old.empty()) {
    return overrides;
  }
  const auto keys = older_rope_keys(old, overrides);
  if (keys.empty()) {
    return overrides;
  }
  check_kind_is_named(config, keys.front(), overrides.at(keys.front()));
  merge(made, {{"rope_parameters", own}});
  for (const auto& key : keys) {
    merge(made, {{"rope_parameters", as_parameters(key, overrides.at(key))}});
    overrides.erase(key);
  }
  overrides["rope_parameters"] = made.at("rope_parameters");
  return overrides;
}

/// Throws for a null that takes nothing out: neither this config has the key nor is it one of
/// Hugging Face's.
void check_nulls(const Json& config, const Json& overrides) {
  std::vector<std::string> own;
  for (const auto& [key, value] : config.items()) {
    own.push_back(key);
  }
  const auto& usual = config::model_config_names();
  for (const auto& [key, value] : overrides.items()) {
    if (value.is_null() && !config.contains(key) && std::ranges::count(usual, key) == 0) {
      fail(ErrorKind::invalid_argument,
           "model.{}: null takes a key out of the model's config.json, but that has no such key{}",
           key, did_you_mean(key, own));
    }
  }
}

}  // namespace

Json fit_overrides(const Json& config, Json overrides) {
  check_nulls(config, overrides);
  return rope_in_place(config, as_spelled(config, std::move(overrides)));
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
  const Json fitting = fit_overrides(config, overrides);
  cut_layer_lists(config, fitting);
  merge(config, fitting);
  return config;
}

}  // namespace automodel::models
