#pragma once
// JSON of data, where an integer must not silently become the nearest double.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/json.h"

namespace automodel {

/// As parse_json, but an integer below -2^63 or from 2^64 on keeps its digits: wide_integer() gives
/// them.
Json parse_json_exact(std::string_view text, std::string_view source, std::int64_t first_line = 1);

/// The digits, with a sign where there is one, of an integer that does not fit 64 bits; nothing for
/// all other values.
std::optional<std::string> wide_integer(const Json& value);

/// The value as JSON text, with all digits of a wide integer in it; not for arrays and objects.
std::string exact_text(const Json& value);

/// The value that stands for these digits: bytes, since JSON's own values have no place for them.
Json make_wide_integer(std::string_view digits);

}  // namespace automodel
