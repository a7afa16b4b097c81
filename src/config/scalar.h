#pragma once
// The type of a scalar: first PyYAML's rules (YAML 1.1), then upstream's second look at every
// string.

#include <string_view>

#include "base/json.h"

namespace automodel::config {

/// The value of a plain (unquoted) scalar by YAML 1.1 as PyYAML reads it: yes/no/on/off are
/// booleans, 010 is octal, 1:30 is 90, 1e-5 is text (a float needs a dot). Dates and integers
/// beyond 64 bits stay text.
Json type_yaml_scalar(std::string_view text);

/// Upstream's typing of a string, quoted or not: none/None, true/True, false/False, then any Python
/// literal of at most 1000 bytes; else the text itself. Lists and dicts come back as arrays and
/// objects.
Json retype_string(std::string_view text);

/// Both rules in turn.
Json type_scalar(std::string_view text, bool plain);

}  // namespace automodel::config
