#include "text/jinja/binding.h"

#include <algorithm>

#include "base/error.h"
#include "base/known.h"
#include "text/jinja/operators.h"

namespace automodel::text::jinja {
namespace {

void check_count(std::string_view function, std::size_t count, std::size_t most) {
  check(count <= most, ErrorKind::invalid_argument, "{}() takes at most {} argument{} ({} given)",
        function, most, most == 1 ? "" : "s", count);
}

}  // namespace

const Value& Bound::operator[](std::size_t i) const {
  check(given(i), ErrorKind::invalid_argument, "{}() misses its argument {}", function_, i + 1);
  return known(values_[i]);
}

std::int64_t Bound::integer(std::size_t i, std::int64_t otherwise) const {
  if (!given(i)) {
    return otherwise;
  }
  const Value& value = (*this)[i];
  require_defined(value);
  const auto integer = as_integer(value);
  check(integer.has_value(), ErrorKind::invalid_argument,
        "'{}' object cannot be interpreted as an integer", type_name(value));
  return known(integer);
}

String Bound::text(std::size_t i) const {
  const Value& value = (*this)[i];
  require_defined(value);
  const auto* text = value.as<String>();
  check(text != nullptr, ErrorKind::invalid_argument, "{}() argument {} must be str, not {}",
        function_, i + 1, type_name(value));
  return *text;
}

bool Bound::flag(std::size_t i, bool otherwise) const {
  return given(i) ? truth((*this)[i]) : otherwise;
}

Bound bind(std::string_view function, const Arguments& arguments,
           std::initializer_list<std::string_view> names, std::size_t required) {
  check_count(function, arguments.positional.size(), names.size());
  std::vector<std::optional<Value>> values(arguments.positional.begin(),
                                           arguments.positional.end());
  values.resize(names.size());
  for (const auto& [key, value] : arguments.keywords) {
    const auto* const at = std::find(names.begin(), names.end(), key);
    check(at != names.end(), ErrorKind::invalid_argument,
          "{}() got an unexpected keyword argument '{}'", function, key);
    auto& slot = values[static_cast<std::size_t>(at - names.begin())];
    check(!slot.has_value(), ErrorKind::invalid_argument,
          "{}() got multiple values for argument '{}'", function, key);
    slot = value;
  }
  for (std::size_t i = 0; i < required; ++i) {
    check(values[i].has_value(), ErrorKind::invalid_argument,
          "{}() missing required argument: '{}'", function, names.begin()[i]);
  }
  return {function, std::move(values)};
}

Bound bind_positional(std::string_view function, const Arguments& arguments, std::size_t required,
                      std::size_t most) {
  check(arguments.keywords.empty(), ErrorKind::invalid_argument, "{}() takes no keyword arguments",
        function);
  const std::size_t count = arguments.positional.size();
  check(count >= required, ErrorKind::invalid_argument,
        "{}() takes at least {} argument{} ({} given)", function, required,
        required == 1 ? "" : "s", count);
  check_count(function, count, most);
  return {function, {arguments.positional.begin(), arguments.positional.end()}};
}

}  // namespace automodel::text::jinja
