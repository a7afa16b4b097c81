#pragma once
// Python's operators.

#include <string_view>

#include "text/jinja/object.h"

namespace automodel::text::jinja {

enum class BinaryOp { add, sub, mul, div, floor_div, mod, pow };
enum class CompareOp { eq, ne, lt, le, gt, ge, in, not_in };

std::string_view symbol(BinaryOp op);
std::string_view symbol(CompareOp op);

/// Throws Error(invalid_argument) with Python's text where Python raises, and where an integer
/// leaves 64 bits.
Value apply(Runtime& runtime, BinaryOp op, const Value& a, const Value& b);
Value negate(const Value& value);
Value plus(const Value& value);
bool compare(Runtime& runtime, CompareOp op, const Value& a, const Value& b);
/// a < b. Throws Error(invalid_argument) if Python cannot order them.
bool less(const Value& a, const Value& b);
/// item in container.
bool contains(Runtime& runtime, const Value& container, const Value& item);
/// Throws jinja2's UndefinedError if the value is undefined.
void require_defined(const Value& value);

}  // namespace automodel::text::jinja
