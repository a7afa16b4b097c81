#pragma once
// Python's ==, hash and `is`.

#include <cstddef>

#include "text/jinja/value.h"

namespace automodel::text::jinja {

/// Markup equals the same str; numbers compare across types.
bool equals(const Value& a, const Value& b);
/// Equal values have equal hashes. Throws Error(invalid_argument) on lists, dicts and their views.
std::size_t hash(const Value& value);
/// Python's `a is b`, as far as values here have an identity.
bool same(const Value& a, const Value& b);

}  // namespace automodel::text::jinja
