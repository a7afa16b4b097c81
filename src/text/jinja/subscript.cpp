#include "text/jinja/subscript.h"

#include <algorithm>

#include "base/error.h"
#include "base/known.h"
#include "text/jinja/iterate.h"
#include "text/jinja/markup.h"
#include "text/jinja/methods.h"
#include "text/jinja/operators.h"
#include "text/jinja/print.h"
#include "text/jinja/runtime.h"
#include "text/jinja/unicode.h"

namespace automodel::text::jinja {
namespace {

Value missing_attribute(const Value& object, std::string_view name) {
  return make_undefined(
      fmt::format("{} has no attribute {}", string_repr(describe(object)), string_repr(name)));
}

Value missing_element(const Value& object, const Value& key) {
  if (const auto* name = key.as<String>()) {
    return missing_attribute(object, name->view());
  }
  return make_undefined(fmt::format("{} has no element {}", describe(object), repr(key)));
}

bool is_internal(std::string_view name) {
  return name.size() > 4 && name.starts_with("__") && name.ends_with("__");
}

std::optional<Value> number_attribute(const Value& object, std::string_view name) {
  const auto integer = as_integer(object);
  if (name == "real" || (integer && name == "numerator")) {
    return integer ? Value(*integer) : object;
  }
  if (name == "imag") {
    return integer ? Value(std::int64_t{0}) : Value(0.0);
  }
  if (integer && name == "denominator") {
    return Value(std::int64_t{1});
  }
  return std::nullopt;
}

std::optional<Value> tuple_attribute(const Tuple& tuple, const Value& object,
                                     std::string_view name) {
  if (tuple.is_group && (name == "grouper" || name == "list")) {
    return tuple.values()[name == "grouper" ? 0 : 1];
  }
  return find_container_method(object, name);
}

std::optional<Value> range_attribute(Runtime& runtime, const Range& range, std::string_view name) {
  if (name == "start" || name == "stop" || name == "step") {
    return Value(name == "start" ? range.start : name == "stop" ? range.stop : range.step);
  }
  if (name == "count" || name == "index") {
    return find_container_method(make_list(collect(runtime, range)), name);
  }
  return std::nullopt;
}

// An index counted from the front, if it is inside.
std::optional<std::size_t> position(const Value& key, std::int64_t size) {
  const auto index = as_integer(key);
  if (!index) {
    return std::nullopt;
  }
  const std::int64_t at = *index < 0 ? *index + size : *index;
  return at >= 0 && at < size ? std::optional(static_cast<std::size_t>(at)) : std::nullopt;
}

std::optional<Value> item_at(const String& text, const Value& key) {
  const auto at = position(key, static_cast<std::int64_t>(count_characters(text.view())));
  if (!at) {
    return std::nullopt;
  }
  const std::size_t byte = byte_of(text.view(), *at);
  return string_like(text, std::string(text.view().substr(byte, decode(text.view(), byte).bytes)));
}

std::optional<Value> find_item(Runtime& runtime, const Value& object, const Value& key) {
  if (const auto* dict = object.as<Dict>()) {
    const bool hashable = !key.is<List>() && !key.is<Dict>() && !key.is<View>();
    const Value* value = hashable ? (*dict)->find(key) : nullptr;
    return value != nullptr ? std::optional(*value) : std::nullopt;
  }
  if (const auto* text = object.as<String>()) {
    runtime.read(object);
    return item_at(*text, key);
  }
  if (object.is<List>() || object.is<Tuple>()) {
    const auto& values =
        object.is<List>() ? object.as<List>()->values() : object.as<Tuple>()->values();
    const auto at = position(key, static_cast<std::int64_t>(values.size()));
    return at ? std::optional(values[*at]) : std::nullopt;
  }
  if (const auto* range = object.as<Range>()) {
    const auto at = position(key, range->size());
    return at ? std::optional<Value>(range->at(static_cast<std::int64_t>(*at))) : std::nullopt;
  }
  return std::nullopt;
}

// Python's slice.indices(size).
struct SliceIndices {
  std::int64_t start = 0;
  std::int64_t stop = 0;
  std::int64_t step = 1;
};

std::optional<std::int64_t> slice_bound(const Value& bound) {
  if (bound.is<None>()) {
    return std::nullopt;
  }
  const auto value = as_integer(bound);
  check(value.has_value(), ErrorKind::invalid_argument,
        "slice indices must be integers or None or have an __index__ method");
  return value;
}

SliceIndices slice_indices(const Value& start, const Value& stop, const Value& step,
                           std::int64_t size) {
  SliceIndices out;
  out.step = slice_bound(step).value_or(1);
  check(out.step != 0, ErrorKind::invalid_argument, "slice step cannot be zero");
  const bool back = out.step < 0;
  const std::int64_t lowest = back ? -1 : 0;
  const std::int64_t highest = back ? size - 1 : size;
  const auto clip = [&](const Value& bound, std::int64_t otherwise) {
    const auto value = slice_bound(bound);
    if (!value) {
      return otherwise;
    }
    return std::clamp(*value < 0 ? *value + size : *value, lowest, highest);
  };
  out.start = clip(start, back ? highest : 0);
  out.stop = clip(stop, back ? -1 : size);
  return out;
}

template <typename Take>
void for_each_index(const SliceIndices& indices, Take take) {
  const Range range{indices.start, indices.stop, indices.step};
  for (std::int64_t i = 0; i < range.size(); ++i) {
    take(static_cast<std::size_t>(range.at(i)));
  }
}

std::vector<Value> slice_values(const std::vector<Value>& values, const SliceIndices& indices) {
  std::vector<Value> out;
  for_each_index(indices, [&](std::size_t i) { out.push_back(values[i]); });
  return out;
}

std::string slice_text(std::string_view text, const SliceIndices& indices) {
  if (indices.step == 1) {
    if (indices.stop <= indices.start) {
      return {};
    }
    const std::size_t from = byte_of(text, static_cast<std::size_t>(indices.start));
    const std::string_view rest = text.substr(from);
    return std::string(
        rest.substr(0, byte_of(rest, static_cast<std::size_t>(indices.stop - indices.start))));
  }
  const std::u32string points = to_code_points(text);
  std::u32string out;
  for_each_index(indices, [&](std::size_t i) { out.push_back(points[i]); });
  return from_code_points(out);
}

Value slice_range(const Range& range, const SliceIndices& indices) {
  const Range picked{indices.start, indices.stop, indices.step};
  const std::int64_t step = Range{0, 0, range.step}.at(picked.step);
  return Range{range.at(picked.start), range.at(picked.stop), step};
}

}  // namespace

std::optional<Value> find_attribute(Runtime& runtime, const Value& object, std::string_view name) {
  if (is_internal(name)) {
    return make_undefined(fmt::format("access to attribute {} of {} object is unsafe.",
                                      string_repr(name), string_repr(type_name(object))));
  }
  if (const auto* text = object.as<String>()) {
    return find_string_method(*text, name);
  }
  if (const auto* tuple = object.as<Tuple>()) {
    return tuple_attribute(*tuple, object, name);
  }
  if (as_number(object)) {
    return number_attribute(object, name);
  }
  if (const auto* range = object.as<Range>()) {
    return range_attribute(runtime, *range, name);
  }
  if (const auto* state = object.as<std::shared_ptr<Object>>()) {
    return (*state)->attribute(runtime, name);
  }
  return find_container_method(object, name);
}

Value get_attribute(Runtime& runtime, const Value& object, std::string_view name) {
  require_defined(object);
  if (auto attribute = find_attribute(runtime, object, name)) {
    return *attribute;
  }
  if (const auto* dict = object.as<Dict>()) {
    if (const Value* value = (*dict)->find(name)) {
      return *value;
    }
  }
  return missing_attribute(object, name);
}

Value get_item(Runtime& runtime, const Value& object, const Value& key) {
  require_defined(object);
  if (auto item = find_item(runtime, object, key)) {
    return *item;
  }
  if (const auto* name = key.as<String>()) {
    if (auto attribute = find_attribute(runtime, object, name->view())) {
      return *attribute;
    }
  }
  return missing_element(object, key);
}

Value get_slice(const Value& object, const Value& start, const Value& stop, const Value& step) {
  require_defined(object);
  const auto size = length(object);
  const bool sliceable =
      object.is<String>() || object.is<List>() || object.is<Tuple>() || object.is<Range>();
  check(!object.is<Dict>(), ErrorKind::invalid_argument, "unhashable type: 'slice'");
  check(sliceable && size, ErrorKind::invalid_argument, "'{}' object is not subscriptable",
        type_name(object));
  const SliceIndices indices = slice_indices(start, stop, step, known(size));
  if (const auto* text = object.as<String>()) {
    return string_like(*text, slice_text(text->view(), indices));
  }
  if (const auto* list = object.as<List>()) {
    return make_list(slice_values(list->values(), indices));
  }
  if (const auto* tuple = object.as<Tuple>()) {
    return make_tuple(slice_values(tuple->values(), indices));
  }
  return slice_range(*object.as<Range>(), indices);
}

}  // namespace automodel::text::jinja
