#pragma once
// Environment variables.

#include <cstdlib>
#include <string>

namespace automodel {

/// Empty for a variable that is not set.
inline std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

}  // namespace automodel
