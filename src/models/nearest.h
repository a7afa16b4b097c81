#pragma once
// Which supported types a config.json of an unknown type resembles.

#include <string>
#include <vector>

#include "base/json.h"

namespace automodel::models {

/// A supported type, and the keys of a config.json that carry a value and that it does not know.
struct NearType {
  std::string model_type;
  std::vector<std::string> foreign;
  bool operator==(const NearType&) const = default;
};

/// The type of a similar name, if there is one, and those that know most of the config's keys;
/// among equals those that lack the fewest of their own, then those of the nearer name. `count` in
/// all.
std::vector<NearType> nearest_types(const Json& config, std::size_t count);

/// A line for each of the nearest: "  near: mistral (foreign keys: a = 1, b = 2)". Empty for a
/// config that says nothing but its type.
std::string nearest_types_text(const Json& config);

}  // namespace automodel::models
