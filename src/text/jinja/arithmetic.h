#pragma once
// Python's arithmetic on bool, int (64 bits here) and float.

#include <compare>

#include "text/jinja/operators.h"

namespace automodel::text::jinja {

/// a and b are numbers. Throws Error(invalid_argument) on division by zero and where an integer
/// leaves 64 bits.
Value apply_to_numbers(BinaryOp op, const Value& a, const Value& b);
/// Exact also between int and float; unordered if either is NaN.
std::partial_ordering order_numbers(const Value& a, const Value& b);
/// Python's round(number, digits): half to even on the exact value.
double round_to_digits(double number, std::int64_t digits);

}  // namespace automodel::text::jinja
