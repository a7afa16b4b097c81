#pragma once
// Iteration over values, and the lists it gives.

#include <memory>
#include <vector>

#include "text/jinja/object.h"

namespace automodel::text::jinja {

bool is_iterable(const Value& value);
/// iter(value). Throws Error(invalid_argument) "'int' object is not iterable".
std::shared_ptr<Iterator> iterate(const Value& value);
/// All items of iter(value).
std::vector<Value> collect(Runtime& runtime, const Value& value);
/// What remains of an iterator.
std::vector<Value> drain(Runtime& runtime, Iterator& iterator);
/// An iterator over fixed items.
std::shared_ptr<Iterator> iterate_items(std::string type, const List& items);
/// Key, value or both of one entry of a dict view.
Value view_entry(const View& view, std::size_t index);

}  // namespace automodel::text::jinja
