#include "text/jinja/value.h"

#include <algorithm>
#include <limits>

#include "base/error.h"
#include "text/jinja/equality.h"
#include "text/jinja/object.h"
#include "text/jinja/overloaded.h"
#include "text/jinja/unicode.h"

namespace automodel::text::jinja {
namespace {

void check_measure(Measure measure) {
  check(measure.depth <= kMaxValueDepth, ErrorKind::invalid_argument,
        "a template value is nested more than {} levels deep", kMaxValueDepth);
  check(measure.weight <= kMaxValueWeight, ErrorKind::invalid_argument,
        "a template value has more than {} parts", kMaxValueWeight);
}

Measure add(Measure whole, Measure part) {
  return {saturating_add(whole.weight, part.weight), std::max(whole.depth, part.depth + 1)};
}

std::shared_ptr<const Items> make_items(std::vector<Value> values) {
  Measure total;
  for (const Value& value : values) {
    total = add(total, measure(value));
  }
  check_measure(total);
  return std::make_shared<const Items>(Items{std::move(values), total});
}

Measure measure_string(const String& text) { return {1 + text.text->size() / 32, 0}; }

}  // namespace

const std::vector<Value>& List::values() const { return items->values; }

const std::vector<Value>& Tuple::values() const { return items->values; }

std::int64_t Range::size() const {
  const auto from = static_cast<std::uint64_t>(start);
  const auto to = static_cast<std::uint64_t>(stop);
  const auto by = static_cast<std::uint64_t>(step);
  if (step > 0) {
    return start < stop ? static_cast<std::int64_t>((to - from - 1) / by) + 1 : 0;
  }
  return start > stop ? static_cast<std::int64_t>((from - to - 1) / (0 - by)) + 1 : 0;
}

std::int64_t Range::at(std::int64_t index) const {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(start) +
                                   static_cast<std::uint64_t>(index) *
                                       static_cast<std::uint64_t>(step));
}

void DictItems::set(Value key, Value value) {
  const std::size_t key_hash = hash(key);
  if (const Value* old = find_hashed(key, key_hash)) {
    const auto at = std::find_if(entries_.begin(), entries_.end(),
                                 [&](const auto& entry) { return &entry.second == old; });
    at->second = std::move(value);
    measure_ = Measure{};
    for (const auto& entry : entries_) {
      measure_ = add(add(measure_, jinja::measure(entry.first)), jinja::measure(entry.second));
    }
    return;
  }
  measure_ = add(add(measure_, jinja::measure(key)), jinja::measure(value));
  check_measure(measure_);
  index_.emplace(key_hash, entries_.size());
  entries_.emplace_back(std::move(key), std::move(value));
}

const Value* DictItems::find_hashed(const Value& key, std::size_t key_hash) const {
  const auto [begin, end] = index_.equal_range(key_hash);
  for (auto it = begin; it != end; ++it) {
    if (equals(entries_[it->second].first, key)) {
      return &entries_[it->second].second;
    }
  }
  return nullptr;
}

const Value* DictItems::find(const Value& key) const { return find_hashed(key, hash(key)); }

const Value* DictItems::find(std::string_view key) const {
  const auto [begin, end] = index_.equal_range(std::hash<std::string_view>{}(key));
  for (auto it = begin; it != end; ++it) {
    const auto* text = entries_[it->second].first.as<String>();
    if (text != nullptr && text->view() == key) {
      return &entries_[it->second].second;
    }
  }
  return nullptr;
}

Value make_list(std::vector<Value> values) { return List{make_items(std::move(values))}; }

Value make_tuple(std::vector<Value> values) { return Tuple{make_items(std::move(values)), false}; }

Value make_dict(DictItems items) {
  check_measure(items.measure());
  return Dict{std::make_shared<const DictItems>(std::move(items))};
}

Value make_markup(std::string text) {
  return String{std::make_shared<const std::string>(std::move(text)), true};
}

Value make_undefined(std::string message) {
  return Undefined{std::make_shared<const std::string>(std::move(message))};
}

void check_string_bytes(std::size_t bytes) {
  check(bytes <= kMaxStringBytes, ErrorKind::invalid_argument,
        "a template would make a string of more than {} MiB", kMaxStringBytes >> 20);
}

std::size_t saturating_add(std::size_t a, std::size_t b) {
  return a > std::numeric_limits<std::size_t>::max() - b ? std::numeric_limits<std::size_t>::max()
                                                         : a + b;
}

std::size_t saturating_multiply(std::size_t a, std::size_t b) {
  return b != 0 && a > std::numeric_limits<std::size_t>::max() / b
             ? std::numeric_limits<std::size_t>::max()
             : a * b;
}

Measure measure(const Value& value) {
  return std::visit(
      Overloaded{[](const String& v) { return measure_string(v); },
                 [](const List& v) { return v.items->measure; },
                 [](const Tuple& v) { return v.items->measure; },
                 [](const Dict& v) { return v->measure(); },
                 [](const View& v) {
                   return Measure{v.dict->measure().weight + 1, v.dict->measure().depth + 1};
                 },
                 [](const std::shared_ptr<Iterator>& v) { return v->measure(); },
                 [](const std::shared_ptr<const Function>& v) { return v->measure(); },
                 [](const auto&) { return Measure{}; }},
      value.data());
}

std::string type_name(const Value& value) {
  const auto view_name = [](const View& v) -> std::string {
    return v.kind == ViewKind::keys     ? "dict_keys"
           : v.kind == ViewKind::values ? "dict_values"
                                        : "dict_items";
  };
  return std::visit(
      Overloaded{[](const Undefined&) -> std::string { return "Undefined"; },
                 [](const None&) -> std::string { return "NoneType"; },
                 [](bool) -> std::string { return "bool"; },
                 [](std::int64_t) -> std::string { return "int"; },
                 [](double) -> std::string { return "float"; },
                 [](const String& v) -> std::string { return v.markup ? "Markup" : "str"; },
                 [](const List&) -> std::string { return "list"; },
                 [](const Tuple&) -> std::string { return "tuple"; },
                 [](const Dict&) -> std::string { return "dict"; }, view_name,
                 [](const Range&) -> std::string { return "range"; },
                 [](const std::shared_ptr<Iterator>& v) { return v->type(); },
                 [](const std::shared_ptr<const Function>& v) { return v->type(); },
                 [](const std::shared_ptr<Object>& v) { return v->type_name(); }},
      value.data());
}

std::string describe(const Value& value) {
  if (value.is<None>()) {
    return "None";
  }
  const std::string name = type_name(value);
  if (name == "Markup") {
    return "markupsafe.Markup object";
  }
  if (name == "Macro" || name == "LoopContext") {
    return "jinja2.runtime." + name + " object";
  }
  if (name == "Namespace") {
    return "transformers.utils.chat_template_utils.TemplateNamespace object";
  }
  if (value.is<std::shared_ptr<Object>>()) {
    return "jinja2.utils." + name + " object";
  }
  return name + " object";
}

bool truth(const Value& value) {
  return std::visit(
      Overloaded{[](const Undefined&) { return false; }, [](const None&) { return false; },
                 [](bool v) { return v; }, [](std::int64_t v) { return v != 0; },
                 [](double v) { return v != 0.0; },
                 [](const String& v) { return !v.text->empty(); },
                 [](const List& v) { return !v.values().empty(); },
                 [](const Tuple& v) { return !v.values().empty(); },
                 [](const Dict& v) { return v->size() != 0; },
                 [](const View& v) { return v.dict->size() != 0; },
                 [](const Range& v) { return v.size() != 0; },
                 [](const std::shared_ptr<Object>& v) { return v->length().value_or(1) != 0; },
                 [](const auto&) { return true; }},
      value.data());
}

std::optional<std::int64_t> length(const Value& value) {
  using Length = std::optional<std::int64_t>;
  const auto count = [](std::size_t n) { return Length{static_cast<std::int64_t>(n)}; };
  return std::visit(Overloaded{[](const Undefined&) { return Length{0}; },
                               [&](const String& v) { return count(count_characters(v.view())); },
                               [&](const List& v) { return count(v.values().size()); },
                               [&](const Tuple& v) { return count(v.values().size()); },
                               [&](const Dict& v) { return count(v->size()); },
                               [&](const View& v) { return count(v.dict->size()); },
                               [](const Range& v) { return Length{v.size()}; },
                               [](const std::shared_ptr<Object>& v) { return v->length(); },
                               [](const auto&) { return Length{}; }},
                    value.data());
}

std::optional<std::int64_t> as_integer(const Value& value) {
  if (const auto* flag = value.as<bool>()) {
    return *flag ? 1 : 0;
  }
  if (const auto* number = value.as<std::int64_t>()) {
    return *number;
  }
  return std::nullopt;
}

std::optional<double> as_number(const Value& value) {
  if (const auto* number = value.as<double>()) {
    return *number;
  }
  if (const auto integer = as_integer(value)) {
    return static_cast<double>(*integer);
  }
  return std::nullopt;
}

}  // namespace automodel::text::jinja
