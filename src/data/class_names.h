#pragma once
// Which class a cell of a label column means.

#include <cstdint>
#include <string>
#include <vector>

#include "base/json.h"

namespace automodel::data {

struct LabelColumn {
  std::string name;
  /// What the classes are called, by number; empty: they have no names.
  std::vector<std::string> class_names = {};
  /// The recipe says that the cells are these names. Else they are known from elsewhere, and a
  /// number is a class's number.
  bool holds_names = false;
};

/// The class that `cell` names, or whose number it is, also as text (CSV has nothing else).
/// Throws Error(corrupt_data) if it is neither, Error(invalid_argument) if it is the name of one
/// class and the number of another, and the recipe does not say which is meant.
std::int32_t class_of(const Json& cell, const LabelColumn& column);

}  // namespace automodel::data
