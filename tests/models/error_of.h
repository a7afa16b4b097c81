#pragma once
// What reading a config.json fails with.

#include <string>

#include "base/error.h"
#include "models/registry.h"

namespace automodel::models {

inline std::string error_of(const Json& config) {
  try {
    read_spec(config, "config.json");
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

}  // namespace automodel::models
