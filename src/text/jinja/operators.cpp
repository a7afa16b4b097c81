#include "text/jinja/operators.h"

#include <compare>

#include "base/error.h"
#include "base/known.h"
#include "text/jinja/arithmetic.h"
#include "text/jinja/equality.h"
#include "text/jinja/iterate.h"
#include "text/jinja/markup.h"
#include "text/jinja/percent_format.h"
#include "text/jinja/runtime.h"

namespace automodel::text::jinja {
namespace {

// In Python the keys and items of a dict are sets, too.
void refuse_views(std::string_view op, const Value& a, const Value& b) {
  check(!a.is<View>() && !b.is<View>(), ErrorKind::unsupported,
        "'{}' is not supported between '{}' and '{}'; make lists of them", op, type_name(a),
        type_name(b));
}

[[noreturn]] void unsupported(BinaryOp op, const Value& a, const Value& b) {
  refuse_views(symbol(op), a, b);
  const std::string_view name = op == BinaryOp::pow ? "** or pow()" : symbol(op);
  fail(ErrorKind::invalid_argument, "unsupported operand type(s) for {}: '{}' and '{}'", name,
       type_name(a), type_name(b));
}

Value concatenate(const String& a, const String& b) {
  const std::string left = escaped_for(b, a);
  const std::string right = escaped_for(a, b);
  check_string_bytes(left.size() + right.size());
  return string_like(a.markup ? a : b, left + right);
}

std::vector<Value> concatenate(const std::vector<Value>& a, const std::vector<Value>& b) {
  std::vector<Value> out = a;
  out.insert(out.end(), b.begin(), b.end());
  return out;
}

Value add(const Value& a, const Value& b) {
  if (a.is<String>() && b.is<String>()) {
    return concatenate(*a.as<String>(), *b.as<String>());
  }
  if (a.is<List>() && b.is<List>()) {
    return make_list(concatenate(a.as<List>()->values(), b.as<List>()->values()));
  }
  if (a.is<Tuple>() && b.is<Tuple>()) {
    return make_tuple(concatenate(a.as<Tuple>()->values(), b.as<Tuple>()->values()));
  }
  check(!a.is<String>() && !a.is<List>() && !a.is<Tuple>(), ErrorKind::invalid_argument,
        "can only concatenate {0} (not \"{1}\") to {0}", type_name(a), type_name(b));
  unsupported(BinaryOp::add, a, b);
}

std::size_t repetitions(std::int64_t count, std::size_t size, std::size_t limit) {
  const std::size_t times = count > 0 ? static_cast<std::size_t>(count) : 0;
  check(saturating_multiply(times, size) <= limit, ErrorKind::invalid_argument,
        "repeating a value of size {} {} times is more than a template may make", size, times);
  return times;
}

std::vector<Value> repeat(const std::vector<Value>& values, std::int64_t count) {
  const std::size_t times = repetitions(values.empty() ? 0 : count, values.size(), kMaxValueWeight);
  std::vector<Value> out;
  for (std::size_t i = 0; i < times; ++i) {
    out.insert(out.end(), values.begin(), values.end());
  }
  return out;
}

Value repeat(const Value& sequence, std::int64_t count) {
  if (const auto* text = sequence.as<String>()) {
    const std::size_t times =
        repetitions(text->text->empty() ? 0 : count, text->text->size(), kMaxStringBytes);
    std::string out;
    for (std::size_t i = 0; i < times; ++i) {
      out += text->view();
    }
    return string_like(*text, std::move(out));
  }
  if (const auto* list = sequence.as<List>()) {
    return make_list(repeat(list->values(), count));
  }
  return make_tuple(repeat(sequence.as<Tuple>()->values(), count));
}

bool is_sequence(const Value& value) {
  return value.is<String>() || value.is<List>() || value.is<Tuple>();
}

Value multiply(const Value& a, const Value& b) {
  if (const auto count = as_integer(b); count && is_sequence(a)) {
    return repeat(a, *count);
  }
  if (const auto count = as_integer(a); count && is_sequence(b)) {
    return repeat(b, *count);
  }
  check(!is_sequence(a) && !is_sequence(b), ErrorKind::invalid_argument,
        "can't multiply sequence by non-int of type '{}'", type_name(is_sequence(a) ? b : a));
  unsupported(BinaryOp::mul, a, b);
}

bool satisfies(CompareOp op, std::partial_ordering order) {
  switch (op) {
    case CompareOp::lt:
      return order < 0;
    case CompareOp::le:
      return order <= 0;
    case CompareOp::gt:
      return order > 0;
    default:
      return order >= 0;
  }
}

bool ordered(CompareOp op, const Value& a, const Value& b);

bool ordered_items(CompareOp op, const std::vector<Value>& a, const std::vector<Value>& b) {
  for (std::size_t i = 0; i < a.size() && i < b.size(); ++i) {
    if (!equals(a[i], b[i])) {
      return ordered(op, a[i], b[i]);
    }
  }
  return satisfies(op, a.size() <=> b.size());
}

bool ordered(CompareOp op, const Value& a, const Value& b) {
  require_defined(a);
  require_defined(b);
  if (as_number(a) && as_number(b)) {
    return satisfies(op, order_numbers(a, b));
  }
  if (a.is<String>() && b.is<String>()) {
    return satisfies(op, a.as<String>()->view() <=> b.as<String>()->view());
  }
  if (a.is<List>() && b.is<List>()) {
    return ordered_items(op, a.as<List>()->values(), b.as<List>()->values());
  }
  if (a.is<Tuple>() && b.is<Tuple>()) {
    return ordered_items(op, a.as<Tuple>()->values(), b.as<Tuple>()->values());
  }
  refuse_views(symbol(op), a, b);
  fail(ErrorKind::invalid_argument, "'{}' not supported between instances of '{}' and '{}'",
       symbol(op), type_name(a), type_name(b));
}

bool contains_item(Runtime& runtime, const Value& container, const Value& item) {
  const auto items = iterate(container);
  while (const auto candidate = items->next(runtime)) {
    runtime.walk(measure(*candidate).weight < measure(item).weight ? *candidate : item);
    if (equals(*candidate, item)) {
      return true;
    }
  }
  return false;
}

bool contains_text(const String& container, const Value& item) {
  const auto* part = item.as<String>();
  check(part != nullptr, ErrorKind::invalid_argument,
        "'in <string>' requires string as left operand, not {}", type_name(item));
  return container.view().find(part->view()) != std::string_view::npos;
}

}  // namespace

std::string_view symbol(BinaryOp op) {
  switch (op) {
    case BinaryOp::add:
      return "+";
    case BinaryOp::sub:
      return "-";
    case BinaryOp::mul:
      return "*";
    case BinaryOp::div:
      return "/";
    case BinaryOp::floor_div:
      return "//";
    case BinaryOp::mod:
      return "%";
    case BinaryOp::pow:
      return "**";
  }
  return "";
}

std::string_view symbol(CompareOp op) {
  switch (op) {
    case CompareOp::eq:
      return "==";
    case CompareOp::ne:
      return "!=";
    case CompareOp::lt:
      return "<";
    case CompareOp::le:
      return "<=";
    case CompareOp::gt:
      return ">";
    case CompareOp::ge:
      return ">=";
    case CompareOp::in:
      return "in";
    case CompareOp::not_in:
      return "not in";
  }
  return "";
}

void require_defined(const Value& value) {
  if (const auto* undefined = value.as<Undefined>()) {
    fail(ErrorKind::invalid_argument, "{}", *undefined->message);
  }
}

Value apply(Runtime& runtime, BinaryOp op, const Value& a, const Value& b) {
  runtime.read(a);
  runtime.read(b);
  if (op == BinaryOp::mod && a.is<String>()) {
    return percent_format(*a.as<String>(), b);
  }
  require_defined(a);
  require_defined(b);
  if (as_number(a) && as_number(b)) {
    return apply_to_numbers(op, a, b);
  }
  switch (op) {
    case BinaryOp::add:
      return add(a, b);
    case BinaryOp::mul:
      return multiply(a, b);
    default:
      unsupported(op, a, b);
  }
}

Value negate(const Value& value) {
  require_defined(value);
  if (const auto* number = value.as<double>()) {
    return -*number;
  }
  const auto integer = as_integer(value);
  check(integer.has_value(), ErrorKind::invalid_argument, "bad operand type for unary -: '{}'",
        type_name(value));
  return apply_to_numbers(BinaryOp::sub, std::int64_t{0}, known(integer));
}

Value plus(const Value& value) {
  require_defined(value);
  check(as_number(value).has_value(), ErrorKind::invalid_argument,
        "bad operand type for unary +: '{}'", type_name(value));
  return value.is<double>() ? value : Value(known(as_integer(value)));
}

bool less(const Value& a, const Value& b) { return ordered(CompareOp::lt, a, b); }

bool contains(Runtime& runtime, const Value& container, const Value& item) {
  if (const auto* text = container.as<String>()) {
    runtime.read(container);
    return contains_text(*text, item);
  }
  if (const auto* dict = container.as<Dict>()) {
    return (*dict)->find(item) != nullptr;
  }
  if (const auto* view = container.as<View>(); view != nullptr && view->kind == ViewKind::keys) {
    return view->dict->find(item) != nullptr;
  }
  check(is_iterable(container), ErrorKind::invalid_argument,
        "argument of type '{}' is not iterable", type_name(container));
  return contains_item(runtime, container, item);
}

bool compare(Runtime& runtime, CompareOp op, const Value& a, const Value& b) {
  runtime.walk(measure(a).weight < measure(b).weight ? a : b);
  switch (op) {
    case CompareOp::eq:
      return equals(a, b);
    case CompareOp::ne:
      return !equals(a, b);
    case CompareOp::in:
      return contains(runtime, b, a);
    case CompareOp::not_in:
      return !contains(runtime, b, a);
    default:
      return ordered(op, a, b);
  }
}

}  // namespace automodel::text::jinja
