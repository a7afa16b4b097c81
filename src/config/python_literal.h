#pragma once
// Python literals, which upstream's recipes use inside strings: "0.99, 0.01, 0.00", "[1, 2]",
// "1e-5".

#include <optional>
#include <string_view>

#include "base/json.h"

namespace automodel::config {

/// The value of a Python literal: int, float, text, list, tuple (an array here), dict, None, True
/// or False. Nothing if the text is no such literal: other text, and complex numbers, bytes, sets,
/// formatted strings, integers beyond 64 bits. Source: Python's ast.literal_eval.
std::optional<Json> parse_python_literal(std::string_view text);

}  // namespace automodel::config
