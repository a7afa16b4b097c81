#pragma once
// Reading an optional that the program's own logic has set.

#include <optional>
#include <source_location>
#include <utility>

#include "base/error.h"

namespace automodel {

/// The value of an optional that must be set here. Unlike for *optional, a mistake is defined: an
/// Error of kind internal that names the place.
template <typename T>
const T& known(const std::optional<T>& value,
               std::source_location where = std::source_location::current()) {
  if (!value) {
    throw Error(ErrorKind::internal, "a value that must be known is not", where);
  }
  return *value;
}

template <typename T>
T& known(std::optional<T>& value, std::source_location where = std::source_location::current()) {
  if (!value) {
    throw Error(ErrorKind::internal, "a value that must be known is not", where);
  }
  return *value;
}

template <typename T>
T known(std::optional<T>&& value, std::source_location where = std::source_location::current()) {
  if (!value) {
    throw Error(ErrorKind::internal, "a value that must be known is not", where);
  }
  return *std::move(value);
}

}  // namespace automodel
