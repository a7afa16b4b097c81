// Filters that make numbers.

#include <array>
#include <cmath>

#include "base/error.h"
#include "base/known.h"
#include "text/jinja/arithmetic.h"
#include "text/jinja/binding.h"
#include "text/jinja/filters.h"
#include "text/jinja/number.h"

namespace automodel::text::jinja {
namespace {

Value absolute(Runtime&, const Value& input, const Arguments& arguments) {
  bind("abs", arguments, {});
  if (const auto* number = input.as<double>()) {
    return std::abs(*number);
  }
  const auto integer = as_integer(input);
  if (!integer) {
    fail(ErrorKind::invalid_argument, "bad operand type for abs(): '{}'", type_name(input));
  }
  return *integer < 0 ? negate(*integer) : Value(*integer);
}

// int(float(text)), or nothing where Python raises.
std::optional<std::int64_t> integer_by_float(std::string_view text) {
  const auto number = parse_float(text);
  if (!number || !std::isfinite(*number)) {
    return std::nullopt;
  }
  return truncate_to_integer(*number);
}

Value to_integer(Runtime&, const Value& input, const Arguments& arguments) {
  const Bound bound = bind("int", arguments, {"default", "base"});
  const Value otherwise = bound.get(0, std::int64_t{0});
  require_defined(input);
  if (const auto* text = input.as<String>()) {
    const std::int64_t base = bound.integer(1, 10);
    const bool valid = base == 0 || (base >= 2 && base <= 36);
    auto value = valid ? parse_integer(text->view(), static_cast<int>(base)) : std::nullopt;
    value = value ? value : integer_by_float(text->view());
    return value ? Value(*value) : otherwise;
  }
  if (const auto* number = input.as<double>()) {
    return std::isnan(*number) ? otherwise : Value(truncate_to_integer(*number));
  }
  const auto integer = as_integer(input);
  return integer ? Value(*integer) : otherwise;
}

Value to_float(Runtime&, const Value& input, const Arguments& arguments) {
  const Bound bound = bind("float", arguments, {"default"});
  require_defined(input);
  auto number = as_number(input);
  if (const auto* text = input.as<String>()) {
    number = parse_float(text->view());
  }
  return number ? Value(*number) : bound.get(0, 0.0);
}

Value round_directed(Runtime& runtime, const Value& input, std::int64_t precision, bool up) {
  const Value scale = apply(runtime, BinaryOp::pow, std::int64_t{10}, precision);
  const double scaled = known(as_number(apply(runtime, BinaryOp::mul, input, scale)));
  const std::int64_t whole = truncate_to_integer(up ? std::ceil(scaled) : std::floor(scaled));
  return apply(runtime, BinaryOp::div, whole, scale);
}

Value round_integer(std::int64_t number, std::int64_t precision) {
  if (precision >= 0) {
    return number;
  }
  return truncate_to_integer(round_to_digits(static_cast<double>(number), precision));
}

Value round_number(Runtime& runtime, const Value& input, const Arguments& arguments) {
  const Bound bound = bind("round", arguments, {"precision", "method"});
  const std::string method = bound.given(1) ? *bound.text(1).text : "common";
  check(method == "common" || method == "ceil" || method == "floor", ErrorKind::invalid_argument,
        "method must be common, ceil or floor");
  check(as_number(input).has_value(), ErrorKind::invalid_argument,
        "type {} doesn't define __round__ method", type_name(input));
  const std::int64_t precision = bound.present(0) ? bound.integer(0, 0) : 0;
  if (method != "common") {
    return round_directed(runtime, input, precision, method == "ceil");
  }
  if (const auto* number = input.as<double>()) {
    const bool to_whole = bound.given(0) && bound[0].is<None>();
    const double rounded = round_to_digits(*number, precision);
    return to_whole ? Value(truncate_to_integer(rounded)) : Value(rounded);
  }
  return round_integer(known(as_integer(input)), precision);
}

}  // namespace

std::span<const NamedFilter> number_filters() {
  static constexpr std::array<NamedFilter, 4> kFilters = {
      {{"abs", absolute}, {"int", to_integer}, {"float", to_float}, {"round", round_number}}};
  return kFilters;
}

}  // namespace automodel::text::jinja
