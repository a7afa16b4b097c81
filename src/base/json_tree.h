#pragma once
// The one reader of JSON behind json.h and exact_json.h.

#include <cstdint>
#include <string_view>

#include "base/json.h"

namespace automodel {

struct JsonRules {
  /// A key that an object has twice is an error; otherwise its last value counts.
  bool refuses_repeated_keys = false;
  /// Integers that do not fit 64 bits keep their digits (exact_json.h); otherwise they become the
  /// nearest double.
  bool keeps_wide_integers = false;
};

/// As parse_json.
Json parse_json_tree(std::string_view text, std::string_view source, std::int64_t first_line,
                     JsonRules rules);

}  // namespace automodel
