#include "text/jinja/equality.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include "base/error.h"
#include "base/known.h"
#include "text/jinja/overloaded.h"

namespace automodel::text::jinja {
namespace {

std::size_t combine(std::size_t seed, std::size_t value) {
  return seed ^ (value + 0x9e3779b97f4a7c15U + (seed << 6) + (seed >> 2));
}

bool equal_items(const std::vector<Value>& a, const std::vector<Value>& b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), equals);
}

bool equal_dicts(const Dict& a, const Dict& b) {
  return a->size() == b->size() &&
         std::all_of(a->entries().begin(), a->entries().end(), [&](const auto& entry) {
           const Value* other = b->find(entry.first);
           return other != nullptr && equals(entry.second, *other);
         });
}

bool equal_numbers(const Value& a, const Value& b) {
  const auto x = as_integer(a);
  const auto y = as_integer(b);
  if (x && y) {
    return *x == *y;
  }
  const double p = known(as_number(a));
  const double q = known(as_number(b));
  const auto fits = [](double v) { return std::abs(v) < 9.2e18 && v == std::trunc(v); };
  if (x) {
    return fits(q) && *x == static_cast<std::int64_t>(q);
  }
  if (y) {
    return fits(p) && *y == static_cast<std::int64_t>(p);
  }
  return p == q;
}

bool equal_ranges(const Range& a, const Range& b) {
  if (a.size() != b.size() || a.size() == 0) {
    return a.size() == b.size();
  }
  return a.start == b.start && (a.size() == 1 || a.step == b.step);
}

std::size_t hash_number(double number) {
  if (std::abs(number) < 9.2e18 && number == std::trunc(number)) {
    return std::hash<std::int64_t>{}(static_cast<std::int64_t>(number));
  }
  return std::hash<double>{}(number);
}

}  // namespace

bool equals(const Value& a, const Value& b) {
  if (as_number(a) && as_number(b)) {
    return equal_numbers(a, b);
  }
  if (a.data().index() != b.data().index()) {
    return false;
  }
  return std::visit(
      Overloaded{[](const Undefined&) { return true; }, [](const None&) { return true; },
                 [&](const String& v) { return v.view() == b.as<String>()->view(); },
                 [&](const List& v) { return equal_items(v.values(), b.as<List>()->values()); },
                 [&](const Tuple& v) { return equal_items(v.values(), b.as<Tuple>()->values()); },
                 [&](const Dict& v) { return equal_dicts(v, *b.as<Dict>()); },
                 [&](const Range& v) { return equal_ranges(v, *b.as<Range>()); },
                 [&](const auto&) { return same(a, b); }},
      a.data());
}

std::size_t hash(const Value& value) {
  const auto unhashable = [&](const auto&) -> std::size_t {
    fail(ErrorKind::invalid_argument, "unhashable type: '{}'", type_name(value));
  };
  const auto hash_tuple = [](const Tuple& v) {
    std::size_t seed = v.values().size();
    for (const Value& item : v.values()) {
      seed = combine(seed, hash(item));
    }
    return seed;
  };
  return std::visit(
      Overloaded{[](const Undefined&) { return std::size_t{1}; },
                 [](const None&) { return std::size_t{2}; },
                 [](bool v) { return std::hash<std::int64_t>{}(v ? 1 : 0); },
                 [](std::int64_t v) { return std::hash<std::int64_t>{}(v); },
                 [](double v) { return hash_number(v); },
                 [](const String& v) { return std::hash<std::string_view>{}(v.view()); },
                 [&](const List& v) { return unhashable(v); },
                 [&](const Dict& v) { return unhashable(v); },
                 [&](const View& v) { return unhashable(v); }, hash_tuple,
                 [](const Range& v) { return static_cast<std::size_t>(v.size()); },
                 [](const auto& v) { return std::hash<std::remove_cvref_t<decltype(v)>>{}(v); }},
      value.data());
}

bool same(const Value& a, const Value& b) {
  if (a.data().index() != b.data().index()) {
    return false;
  }
  return std::visit(
      Overloaded{[](const None&) { return true; }, [&](bool v) { return v == *b.as<bool>(); },
                 [&](std::int64_t v) { return v == *b.as<std::int64_t>(); },
                 [&](double v) { return v == *b.as<double>(); },
                 [&](const Undefined& v) { return v.message == b.as<Undefined>()->message; },
                 [&](const String& v) { return v.text == b.as<String>()->text; },
                 [&](const List& v) { return v.items == b.as<List>()->items; },
                 [&](const Tuple& v) { return v.items == b.as<Tuple>()->items; },
                 [&](const Dict& v) { return v.items == b.as<Dict>()->items; },
                 [](const View&) { return false; }, [](const Range&) { return false; },
                 [&](const auto& v) { return v == *b.as<std::remove_cvref_t<decltype(v)>>(); }},
      a.data());
}

}  // namespace automodel::text::jinja
