#pragma once
// a.b, a[b] and a[b:c:d] in jinja2's sandbox.

#include <string_view>

#include "text/jinja/object.h"

namespace automodel::text::jinja {

/// Attribute, else item; undefined if there is neither or if the sandbox forbids it (what would
/// change a list or dict). Throws Error(invalid_argument) if the object is undefined.
Value get_attribute(Runtime& runtime, const Value& object, std::string_view name);
/// Item, else attribute if the key is a str; undefined if there is neither.
Value get_item(Runtime& runtime, const Value& object, const Value& key);
/// Bounds are integers or None. Throws Error(invalid_argument) if the object cannot be sliced.
Value get_slice(const Value& object, const Value& start, const Value& stop, const Value& step);
/// What Python's getattr finds, without the items.
std::optional<Value> find_attribute(Runtime& runtime, const Value& object, std::string_view name);

}  // namespace automodel::text::jinja
