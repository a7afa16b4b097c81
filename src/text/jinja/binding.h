#pragma once
// How builtins receive their arguments.

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/known.h"
#include "text/jinja/object.h"

namespace automodel::text::jinja {

/// The arguments of one call in the order of the parameters.
class Bound {
 public:
  Bound(std::string_view function, std::vector<std::optional<Value>> values)
      : function_(function), values_(std::move(values)) {}

  bool given(std::size_t i) const { return i < values_.size() && values_[i].has_value(); }
  /// Given and not None.
  bool present(std::size_t i) const { return given(i) && !known(values_[i]).is<None>(); }
  /// Throws if argument i was not given.
  const Value& operator[](std::size_t i) const;
  Value get(std::size_t i, const Value& otherwise) const {
    return given(i) ? known(values_[i]) : otherwise;
  }
  /// Throw Error(invalid_argument) if the argument has another type.
  std::int64_t integer(std::size_t i, std::int64_t otherwise) const;
  String text(std::size_t i) const;
  bool flag(std::size_t i, bool otherwise) const;

 private:
  std::string function_;
  std::vector<std::optional<Value>> values_;
};

/// Binds positional arguments, then keywords, to named parameters of which the first `required`
/// must be given. Throws Error(invalid_argument) as Python's TypeError.
Bound bind(std::string_view function, const Arguments& arguments,
           std::initializer_list<std::string_view> names, std::size_t required = 0);
/// The same for parameters without names.
Bound bind_positional(std::string_view function, const Arguments& arguments, std::size_t required,
                      std::size_t most);

}  // namespace automodel::text::jinja
