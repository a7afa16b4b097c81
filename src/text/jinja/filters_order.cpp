// Filters that sort, group or pick by order.

#include <algorithm>
#include <array>
#include <unordered_map>

#include "base/error.h"
#include "base/text.h"
#include "text/jinja/attribute_path.h"
#include "text/jinja/binding.h"
#include "text/jinja/equality.h"
#include "text/jinja/filters.h"
#include "text/jinja/iterate.h"
#include "text/jinja/runtime.h"

namespace automodel::text::jinja {
namespace {

struct Keyed {
  Value key;
  Value item;
};

Value cased(const Value& value, bool case_sensitive) {
  return case_sensitive ? value : ignore_case(value);
}

// Python's stable sorted(..., key=..., reverse=...).
void sort_by_key(Runtime& runtime, std::vector<Keyed>& items, bool reversed) {
  std::stable_sort(items.begin(), items.end(), [&](const Keyed& a, const Keyed& b) {
    runtime.step();
    return reversed ? less(b.key, a.key) : less(a.key, b.key);
  });
}

std::vector<Value> items_of(std::vector<Keyed> keyed) {
  std::vector<Value> out;
  out.reserve(keyed.size());
  for (Keyed& entry : keyed) {
    out.push_back(std::move(entry.item));
  }
  return out;
}

std::vector<AttributePath> paths_of(const Value& attribute) {
  std::vector<AttributePath> paths;
  if (const auto* text = attribute.as<String>()) {
    for (const std::string& part : split(text->view(), ',')) {
      paths.emplace_back(Value(part));
    }
  } else {
    paths.emplace_back(attribute);
  }
  return paths;
}

Value sort(Runtime& runtime, const Value& input, const Arguments& arguments) {
  const Bound bound = bind("sort", arguments, {"reverse", "case_sensitive", "attribute"});
  const std::vector<AttributePath> paths = paths_of(bound.get(2, None{}));
  std::vector<Keyed> keyed;
  for (Value& item : collect(runtime, input)) {
    std::vector<Value> key;
    for (const AttributePath& path : paths) {
      key.push_back(cased(path(runtime, item), bound.flag(1, false)));
    }
    keyed.push_back({make_list(std::move(key)), std::move(item)});
  }
  sort_by_key(runtime, keyed, bound.flag(0, false));
  return make_list(items_of(std::move(keyed)));
}

Value dictsort(Runtime& runtime, const Value& input, const Arguments& arguments) {
  const Bound bound = bind("dictsort", arguments, {"case_sensitive", "by", "reverse"});
  const std::string by = bound.given(1) ? *bound.text(1).text : "key";
  check(by == "key" || by == "value", ErrorKind::invalid_argument,
        R"(You can only sort by either "key" or "value")");
  require_defined(input);
  const auto* dict = input.as<Dict>();
  check(dict != nullptr, ErrorKind::invalid_argument, "'{}' object has no attribute 'items'",
        type_name(input));
  std::vector<Keyed> keyed;
  for (const auto& [key, value] : (*dict)->entries()) {
    keyed.push_back(
        {cased(by == "key" ? key : value, bound.flag(0, false)), make_tuple({key, value})});
  }
  sort_by_key(runtime, keyed, bound.flag(2, false));
  return make_list(items_of(std::move(keyed)));
}

Value unique(Runtime& runtime, const Value& input, const Arguments& arguments) {
  const Bound bound = bind("unique", arguments, {"case_sensitive", "attribute"});
  const AttributePath path(bound.get(1, None{}));
  const bool case_sensitive = bound.flag(0, false);
  const auto items = iterate(input);
  runtime.step();
  auto next = [items, path, case_sensitive,
               seen = DictItems()](Runtime& rt) mutable -> std::optional<Value> {
    while (auto item = items->next(rt)) {
      const Value key = cased(path(rt, *item), case_sensitive);
      rt.walk(key);
      if (seen.find(key) == nullptr) {
        seen.set(key, None{});
        return item;
      }
    }
    return std::nullopt;
  };
  return make_iterator("generator", std::move(next), items->measure());
}

Value extreme(Runtime& runtime, const Value& input, const Arguments& arguments, bool largest) {
  const Bound bound = bind(largest ? "max" : "min", arguments, {"case_sensitive", "attribute"});
  const AttributePath path(bound.get(1, None{}));
  std::optional<Keyed> best;
  const auto items = iterate(input);
  while (auto item = items->next(runtime)) {
    Value key = cased(path(runtime, *item), bound.flag(0, false));
    const bool better =
        !best || compare(runtime, largest ? CompareOp::gt : CompareOp::lt, key, best->key);
    if (better) {
      best = Keyed{std::move(key), std::move(*item)};
    }
  }
  return best ? best->item : make_undefined("No aggregated item, sequence was empty.");
}

Value minimum(Runtime& runtime, const Value& input, const Arguments& arguments) {
  return extreme(runtime, input, arguments, false);
}

Value maximum(Runtime& runtime, const Value& input, const Arguments& arguments) {
  return extreme(runtime, input, arguments, true);
}

Value sum(Runtime& runtime, const Value& input, const Arguments& arguments) {
  const Bound bound = bind("sum", arguments, {"attribute", "start"});
  const AttributePath path(bound.get(0, None{}));
  Value total = bound.get(1, std::int64_t{0});
  check(!total.is<String>(), ErrorKind::invalid_argument,
        "sum() can't sum strings [use ''.join(seq) instead]");
  const auto items = iterate(input);
  while (const auto item = items->next(runtime)) {
    total = apply(runtime, BinaryOp::add, total, path(runtime, *item));
    runtime.allocate(total);
  }
  return total;
}

Value make_group(const Value& key, std::vector<Value> members) {
  const Value pair = make_tuple({key, make_list(std::move(members))});
  return Tuple{pair.as<Tuple>()->items, true};
}

Value groupby(Runtime& runtime, const Value& input, const Arguments& arguments) {
  const Bound bound = bind("groupby", arguments, {"attribute", "default", "case_sensitive"}, 1);
  const AttributePath path(bound[0], bound.get(1, None{}));
  const bool case_sensitive = bound.flag(2, false);
  std::vector<Keyed> keyed;
  for (const Value& item : collect(runtime, input)) {
    keyed.push_back({cased(path(runtime, item), case_sensitive), item});
  }
  sort_by_key(runtime, keyed, false);
  std::vector<Value> groups;
  for (std::size_t i = 0; i < keyed.size();) {
    std::vector<Value> members;
    const std::size_t start = i;
    for (; i < keyed.size() && equals(keyed[i].key, keyed[start].key); ++i) {
      members.push_back(keyed[i].item);
    }
    const Value key = case_sensitive ? keyed[start].key : path(runtime, keyed[start].item);
    groups.push_back(make_group(key, std::move(members)));
  }
  return make_list(std::move(groups));
}

}  // namespace

std::span<const NamedFilter> order_filters() {
  static constexpr std::array<NamedFilter, 7> kFilters = {{{"sort", sort},
                                                           {"dictsort", dictsort},
                                                           {"unique", unique},
                                                           {"min", minimum},
                                                           {"max", maximum},
                                                           {"sum", sum},
                                                           {"groupby", groupby}}};
  return kFilters;
}

}  // namespace automodel::text::jinja
