#pragma once
// Numbers as Python writes and reads them.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace automodel::text::jinja {

/// repr(float): the shortest digits that read back as the same number.
std::string float_repr(double number);
/// int(text, base) with base 0 or 2 to 36; nothing where Python raises ValueError. Throws
/// Error(invalid_argument) if the number does not fit 64 bits.
std::optional<std::int64_t> parse_integer(std::string_view text, int base = 10);
/// float(text); nothing where Python raises ValueError.
std::optional<double> parse_float(std::string_view text);
/// int(float). Throws Error(invalid_argument) for infinities, NaN and what does not fit 64 bits.
std::int64_t truncate_to_integer(double number);

}  // namespace automodel::text::jinja
