// Filters over sequences that keep their order.

#include <algorithm>
#include <array>

#include "base/error.h"
#include "base/known.h"
#include "text/jinja/attribute_path.h"
#include "text/jinja/binding.h"
#include "text/jinja/filters.h"
#include "text/jinja/iterate.h"
#include "text/jinja/markup.h"
#include "text/jinja/print.h"
#include "text/jinja/runtime.h"
#include "text/jinja/subscript.h"
#include "text/jinja/unicode.h"

namespace automodel::text::jinja {
namespace {

Value item_count(Runtime& runtime, const Value& input, const Arguments& arguments) {
  bind("length", arguments, {});
  runtime.read(input);
  const auto size = length(input);
  check(size.has_value(), ErrorKind::invalid_argument, "object of type '{}' has no len()",
        type_name(input));
  return known(size);
}

Value first(Runtime& runtime, const Value& input, const Arguments& arguments) {
  bind("first", arguments, {});
  const auto item = iterate(input)->next(runtime);
  return item ? *item : make_undefined("No first item, sequence was empty.");
}

bool is_reversible(const Value& value) {
  return is_iterable(value) && !value.is<std::shared_ptr<Iterator>>();
}

Value last(Runtime& runtime, const Value& input, const Arguments& arguments) {
  bind("last", arguments, {});
  check(is_reversible(input), ErrorKind::invalid_argument, "'{}' object is not reversible",
        type_name(input));
  const Value empty = make_undefined("No last item, sequence was empty.");
  if (const auto* text = input.as<String>()) {
    return text->text->empty()
               ? empty
               : Value(to_utf8(decode_before(text->view(), text->text->size()).value));
  }
  if (input.is<List>() || input.is<Tuple>() || input.is<Range>()) {
    return known(length(input)) == 0 ? empty : get_item(runtime, input, std::int64_t{-1});
  }
  const std::vector<Value> items = collect(runtime, input);
  return items.empty() ? empty : items.back();
}

Value to_list(Runtime& runtime, const Value& input, const Arguments& arguments) {
  bind("list", arguments, {});
  return make_list(collect(runtime, input));
}

Value reverse(Runtime& runtime, const Value& input, const Arguments& arguments) {
  bind("reverse", arguments, {});
  if (const auto* text = input.as<String>()) {
    runtime.read(input);
    std::u32string points = to_code_points(text->view());
    std::reverse(points.begin(), points.end());
    return string_like(*text, from_code_points(points));
  }
  check(is_iterable(input), ErrorKind::invalid_argument, "argument must be iterable");
  std::vector<Value> items = collect(runtime, input);
  std::reverse(items.begin(), items.end());
  const Value reversed = make_list(std::move(items));
  return is_reversible(input) ? Value(iterate_items("reversed", *reversed.as<List>())) : reversed;
}

Value join(Runtime& runtime, const Value& input, const Arguments& arguments) {
  const Bound bound = bind("join", arguments, {"d", "attribute"});
  const AttributePath path(bound.get(1, None{}));
  const std::string separator = bound.given(0) ? to_text(bound[0]) : "";
  std::string out;
  bool follows = false;
  const auto items = iterate(input);
  while (const auto item = items->next(runtime)) {
    const Value part = path(runtime, *item);
    runtime.walk(part);
    out += follows ? separator : "";
    out += to_text(part);
    check_string_bytes(out.size());
    follows = true;
  }
  return out;
}

Value batch(Runtime& runtime, const Value& input, const Arguments& arguments) {
  const Bound bound = bind("batch", arguments, {"linecount", "fill_with"}, 1);
  const std::int64_t count = bound.integer(0, 0);
  check(count <= static_cast<std::int64_t>(kMaxValueWeight), ErrorKind::invalid_argument,
        "batch() of {} items is more than a template may make", count);
  runtime.step();
  const auto size = static_cast<std::size_t>(std::max<std::int64_t>(count, 0));
  const Value fill = bound.get(1, None{});
  const auto items = iterate(input);
  auto next = [items, size, fill,
               pending = std::vector<Value>()](Runtime& rt) mutable -> std::optional<Value> {
    while (auto item = items->next(rt)) {
      std::vector<Value> full;
      if (pending.size() == size) {
        full = std::exchange(pending, {});
        pending.push_back(std::move(*item));
        return make_list(std::move(full));
      }
      pending.push_back(std::move(*item));
    }
    if (pending.empty()) {
      return std::nullopt;
    }
    if (!fill.is<None>() && pending.size() < size) {
      pending.resize(size, fill);
    }
    return make_list(std::exchange(pending, {}));
  };
  return make_iterator("generator", std::move(next), join(items->measure(), measure(arguments)));
}

Value slices(Runtime& runtime, const Value& input, const Arguments& arguments) {
  const Bound bound = bind("slice", arguments, {"slices", "fill_with"}, 1);
  const std::int64_t count = bound.integer(0, 0);
  check(count != 0, ErrorKind::invalid_argument, "integer division or modulo by zero");
  check(count <= static_cast<std::int64_t>(kMaxValueWeight), ErrorKind::invalid_argument,
        "slice() into {} lists is more than a template may make", count);
  const Value fill = bound.get(1, None{});
  const std::vector<Value> items = collect(runtime, input);
  const std::size_t parts = count > 0 ? static_cast<std::size_t>(count) : 0;
  std::vector<Value> out;
  std::size_t at = 0;
  for (std::size_t i = 0; i < parts; ++i) {
    const bool extra = i < items.size() % parts;
    const std::size_t size = items.size() / parts + (extra ? 1 : 0);
    const auto begin = items.begin() + static_cast<std::ptrdiff_t>(at);
    std::vector<Value> part(begin, begin + static_cast<std::ptrdiff_t>(size));
    at += size;
    if (!fill.is<None>() && !extra) {
      part.push_back(fill);
    }
    runtime.step();
    out.push_back(make_list(std::move(part)));
  }
  const Value lists = make_list(std::move(out));
  return Value(iterate_items("generator", *lists.as<List>()));
}

Value items(Runtime&, const Value& input, const Arguments& arguments) {
  bind("items", arguments, {});
  if (const auto* dict = input.as<Dict>()) {
    const auto pairs = iterate(View{*dict, ViewKind::items});
    return make_iterator(
        "generator", [pairs](Runtime& runtime) { return pairs->next(runtime); }, pairs->measure());
  }
  if (input.is<Undefined>()) {
    return Value(iterate(input));
  }
  return make_iterator("generator", [](Runtime&) -> std::optional<Value> {
    fail(ErrorKind::invalid_argument, "Can only get item pairs from a mapping.");
  });
}

Value attribute(Runtime& runtime, const Value& input, const Arguments& arguments) {
  const String name = bind("attr", arguments, {"name"}, 1).text(0);
  require_defined(input);
  if (auto found = find_attribute(runtime, input, name.view())) {
    return *found;
  }
  return make_undefined(fmt::format("{} has no attribute {}", string_repr(describe(input)),
                                    string_repr(name.view())));
}

Value use_default(Runtime&, const Value& input, const Arguments& arguments) {
  const Bound bound = bind("default", arguments, {"default_value", "boolean"});
  const bool replaced = input.is<Undefined>() || (bound.flag(1, false) && !truth(input));
  return replaced ? bound.get(0, Value(std::string())) : input;
}

}  // namespace

std::span<const NamedFilter> sequence_filters() {
  static constexpr std::array<NamedFilter, 13> kFilters = {{{"length", item_count},
                                                            {"count", item_count},
                                                            {"first", first},
                                                            {"last", last},
                                                            {"list", to_list},
                                                            {"reverse", reverse},
                                                            {"join", join},
                                                            {"batch", batch},
                                                            {"slice", slices},
                                                            {"items", items},
                                                            {"attr", attribute},
                                                            {"default", use_default},
                                                            {"d", use_default}}};
  return kFilters;
}

}  // namespace automodel::text::jinja
