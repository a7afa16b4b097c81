#pragma once
// Texts in JSON that others wrote.

#include <string>

#include "base/json.h"

namespace automodel {

/// The text that an object has under `key`; `otherwise` if there is none, something else, or no
/// object at all.
std::string text_at(const Json& object, const char* key, const char* otherwise = "");

}  // namespace automodel
