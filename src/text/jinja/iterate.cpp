#include "text/jinja/iterate.h"

#include "base/error.h"
#include "text/jinja/overloaded.h"
#include "text/jinja/runtime.h"
#include "text/jinja/unicode.h"

namespace automodel::text::jinja {
namespace {

using Pointer = std::shared_ptr<Iterator>;

// An iterator over the positions 0 .. size-1 of something that `holder` keeps alive.
template <typename At>
Pointer iterate_positions(std::string type, const Value& holder, std::size_t size, const At& at) {
  const auto next = [position = std::size_t{0}, size, at,
                     holder](Runtime&) mutable -> std::optional<Value> {
    if (position >= size) {
      return std::nullopt;
    }
    return at(position++);
  };
  return std::make_shared<Iterator>(std::move(type), next, measure(holder));
}

Pointer iterate_text(const Value& holder, const String& text) {
  const auto next = [at = std::size_t{0}, text](Runtime&) mutable -> std::optional<Value> {
    if (at >= text.text->size()) {
      return std::nullopt;
    }
    const std::size_t bytes = decode(text.view(), at).bytes;
    const std::string_view piece = text.view().substr(at, bytes);
    at += bytes;
    return Value(std::string(piece));
  };
  return std::make_shared<Iterator>("str_iterator", next, measure(holder));
}

Pointer iterate_values(std::string type, const Value& holder,
                       const std::shared_ptr<const Items>& items) {
  return iterate_positions(std::move(type), holder, items->values.size(),
                           [items](std::size_t i) { return items->values[i]; });
}

}  // namespace

Value view_entry(const View& view, std::size_t index) {
  const auto& [key, value] = view.dict->entries()[index];
  switch (view.kind) {
    case ViewKind::keys:
      return key;
    case ViewKind::values:
      return value;
    default:
      return make_tuple({key, value});
  }
}

bool is_iterable(const Value& value) {
  return !value.is<None>() && !as_number(value) && !value.is<std::shared_ptr<const Function>>() &&
         !value.is<std::shared_ptr<Object>>();
}

std::shared_ptr<Iterator> iterate(const Value& value) {
  return std::visit(
      Overloaded{[](const Undefined&) {
                   return std::make_shared<Iterator>(
                       "generator", [](Runtime&) -> std::optional<Value> { return std::nullopt; });
                 },
                 [&](const String& v) { return iterate_text(value, v); },
                 [&](const List& v) { return iterate_values("list_iterator", value, v.items); },
                 [&](const Tuple& v) { return iterate_values("tuple_iterator", value, v.items); },
                 [&](const Dict& v) {
                   return iterate_positions("dict_keyiterator", value, v->size(),
                                            [v](std::size_t i) { return v->entries()[i].first; });
                 },
                 [&](const View& v) {
                   return iterate_positions("dict_itemiterator", value, v.dict->size(),
                                            [v](std::size_t i) { return view_entry(v, i); });
                 },
                 [&](const Range& v) {
                   return iterate_positions(
                       "range_iterator", value, static_cast<std::size_t>(v.size()),
                       [v](std::size_t i) { return Value(v.at(static_cast<std::int64_t>(i))); });
                 },
                 [](const std::shared_ptr<Iterator>& v) { return v; },
                 [&](const auto&) -> Pointer {
                   fail(ErrorKind::invalid_argument, "'{}' object is not iterable",
                        type_name(value));
                 }},
      value.data());
}

std::vector<Value> drain(Runtime& runtime, Iterator& iterator) {
  std::vector<Value> items;
  while (auto item = iterator.next(runtime)) {
    items.push_back(std::move(*item));
    check(items.size() <= kMaxValueWeight, ErrorKind::invalid_argument,
          "a template would make a list of more than {} items", kMaxValueWeight);
  }
  return items;
}

std::vector<Value> collect(Runtime& runtime, const Value& value) {
  return drain(runtime, *iterate(value));
}

std::shared_ptr<Iterator> iterate_items(std::string type, const List& items) {
  return iterate_values(std::move(type), Value(items), items.items);
}

}  // namespace automodel::text::jinja
