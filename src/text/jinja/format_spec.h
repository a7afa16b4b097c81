#pragma once
// Python's format specification mini-language: format(value, ">8.2f").

#include <cstddef>
#include <string>
#include <string_view>

#include "text/jinja/value.h"

namespace automodel::text::jinja {

struct FormatSpec {
  std::string fill = " ";
  char align = 0;  // '<', '>', '^', '='; 0: the type's own
  char sign = '-';
  bool alternate = false;
  std::size_t width = 0;
  char grouping = 0;   // ',' or '_'
  int precision = -1;  // -1: none given
  char type = 0;       // 0: none given
};

/// Throws Error(invalid_argument) on a bad specification.
FormatSpec parse_format_spec(std::string_view spec);
/// format(value, spec). Throws Error(invalid_argument) where Python raises.
std::string format_value(const Value& value, std::string_view spec);
/// A number under a specification whose type is one of bcdoxXn eEfFgG% or none.
std::string format_number(const Value& number, const FormatSpec& spec);
/// Pads text to spec.width code points; `align` where the specification names none.
std::string pad(std::string text, const FormatSpec& spec, char align);

}  // namespace automodel::text::jinja
