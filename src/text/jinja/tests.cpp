#include "text/jinja/tests.h"

#include <array>

#include "base/error.h"
#include "text/jinja/binding.h"
#include "text/jinja/equality.h"
#include "text/jinja/iterate.h"
#include "text/jinja/lookup.h"
#include "text/jinja/print.h"
#include "text/jinja/runtime.h"
#include "text/jinja/unicode_case.h"

namespace automodel::text::jinja {
namespace {

// A test of the value alone.
template <bool (*test)(const Value&)>
bool plain(Runtime&, const Value& input, const Arguments& arguments) {
  bind("test", arguments, {});
  return test(input);
}

bool is_defined(const Value& value) { return !value.is<Undefined>(); }
bool is_undefined(const Value& value) { return value.is<Undefined>(); }
bool is_none(const Value& value) { return value.is<None>(); }
bool is_boolean(const Value& value) { return value.is<bool>(); }
bool is_true(const Value& value) { return value.is<bool>() && *value.as<bool>(); }
bool is_false(const Value& value) { return value.is<bool>() && !*value.as<bool>(); }
bool is_integer(const Value& value) { return value.is<std::int64_t>(); }
bool is_float(const Value& value) { return value.is<double>(); }
bool is_number(const Value& value) { return as_number(value).has_value(); }
bool is_string(const Value& value) { return value.is<String>(); }
bool is_mapping(const Value& value) { return value.is<Dict>(); }
bool is_lower(const Value& value) { return is_all_lower(to_text(value)); }
bool is_upper(const Value& value) { return is_all_upper(to_text(value)); }
bool is_escaped(const Value& value) { return value.is<String>() && value.as<String>()->markup; }

bool is_loop(const Value& value) { return type_name(value) == "LoopContext"; }
bool can_iterate(const Value& value) { return is_iterable(value) || is_loop(value); }

// Jinja asks for len() and __getitem__, which its Undefined has.
bool is_sequence(const Value& value) {
  return value.is<Undefined>() || value.is<String>() || value.is<List>() || value.is<Tuple>() ||
         value.is<Dict>() || value.is<Range>();
}

bool is_callable(const Value& value) {
  const auto* object = value.as<std::shared_ptr<Object>>();
  return value.is<Undefined>() || value.is<std::shared_ptr<const Function>>() ||
         (object != nullptr && (*object)->callable());
}

bool has_remainder(Runtime& runtime, const Value& value, const Value& divisor, std::int64_t rest) {
  return equals(apply(runtime, BinaryOp::mod, value, divisor), rest);
}

bool is_odd(Runtime& runtime, const Value& input, const Arguments& arguments) {
  bind("odd", arguments, {});
  return has_remainder(runtime, input, std::int64_t{2}, 1);
}

bool is_even(Runtime& runtime, const Value& input, const Arguments& arguments) {
  bind("even", arguments, {});
  return has_remainder(runtime, input, std::int64_t{2}, 0);
}

bool is_divisible_by(Runtime& runtime, const Value& input, const Arguments& arguments) {
  return has_remainder(runtime, input, bind("divisibleby", arguments, {"num"}, 1)[0], 0);
}

bool is_filter(Runtime&, const Value& input, const Arguments& arguments) {
  bind("filter", arguments, {});
  hash(input);
  return input.is<String>() && find_filter(input.as<String>()->view()) != nullptr;
}

bool is_test(Runtime&, const Value& input, const Arguments& arguments) {
  bind("test", arguments, {});
  hash(input);
  return input.is<String>() && find_test(input.as<String>()->view()) != nullptr;
}

bool is_same(Runtime&, const Value& input, const Arguments& arguments) {
  return same(input, bind("sameas", arguments, {"other"}, 1)[0]);
}

bool is_in(Runtime& runtime, const Value& input, const Arguments& arguments) {
  return contains(runtime, bind("in", arguments, {"seq"}, 1)[0], input);
}

template <CompareOp op>
bool compares(Runtime& runtime, const Value& input, const Arguments& arguments) {
  return compare(runtime, op, input, bind_positional("comparison", arguments, 1, 1)[0]);
}

constexpr std::array<NamedTest, 39> kTests = {{{"odd", is_odd},
                                               {"even", is_even},
                                               {"divisibleby", is_divisible_by},
                                               {"defined", plain<is_defined>},
                                               {"undefined", plain<is_undefined>},
                                               {"filter", is_filter},
                                               {"test", is_test},
                                               {"none", plain<is_none>},
                                               {"boolean", plain<is_boolean>},
                                               {"false", plain<is_false>},
                                               {"true", plain<is_true>},
                                               {"integer", plain<is_integer>},
                                               {"float", plain<is_float>},
                                               {"lower", plain<is_lower>},
                                               {"upper", plain<is_upper>},
                                               {"string", plain<is_string>},
                                               {"mapping", plain<is_mapping>},
                                               {"number", plain<is_number>},
                                               {"sequence", plain<is_sequence>},
                                               {"iterable", plain<can_iterate>},
                                               {"callable", plain<is_callable>},
                                               {"sameas", is_same},
                                               {"escaped", plain<is_escaped>},
                                               {"in", is_in},
                                               {"==", compares<CompareOp::eq>},
                                               {"eq", compares<CompareOp::eq>},
                                               {"equalto", compares<CompareOp::eq>},
                                               {"!=", compares<CompareOp::ne>},
                                               {"ne", compares<CompareOp::ne>},
                                               {">", compares<CompareOp::gt>},
                                               {"gt", compares<CompareOp::gt>},
                                               {"greaterthan", compares<CompareOp::gt>},
                                               {"ge", compares<CompareOp::ge>},
                                               {">=", compares<CompareOp::ge>},
                                               {"<", compares<CompareOp::lt>},
                                               {"lt", compares<CompareOp::lt>},
                                               {"lessthan", compares<CompareOp::lt>},
                                               {"<=", compares<CompareOp::le>},
                                               {"le", compares<CompareOp::le>}}};

}  // namespace

std::span<const NamedTest> all_tests() { return kTests; }

}  // namespace automodel::text::jinja
