#include "data/class_names.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "base/error.h"
#include "base/exact_json.h"
#include "base/text.h"

namespace automodel::data {
namespace {

std::optional<std::int32_t> number_of(const std::string& text) {
  const auto number = parse_number<std::int32_t>(text);
  const bool is_class =
      number && *number >= 0 && *number < std::numeric_limits<std::int32_t>::max();
  return is_class ? number : std::nullopt;
}

std::optional<std::int32_t> number_of(const Json& cell) {
  if (cell.is_number_float() && cell.get<double>() == std::trunc(cell.get<double>())) {
    return number_of(fmt::format("{:.0f}", cell.get<double>()));  // a column that once had a null
  }
  if (cell.is_boolean()) {
    return cell.get<bool>() ? 1 : 0;
  }
  const bool is_written = cell.is_number_integer() || cell.is_string();
  return is_written ? number_of(cell.is_string() ? cell.get<std::string>() : cell.dump())
                    : std::nullopt;
}

/// Python writes True, JSON true.
bool is_name(const Json& cell, const std::string& name) {
  if (cell.is_boolean()) {
    return to_lower_ascii(name) == cell.dump();
  }
  return cell.is_string() ? cell.get_ref<const std::string&>() == name
                          : cell.is_number_integer() && cell.dump() == name;
}

/// The cell may be a class's number although it is no name. Of names that are numbers themselves
/// a column would hold some of each.
bool takes_numbers(const Json& cell, const LabelColumn& column) {
  const auto is_number = [](const std::string& name) { return number_of(name).has_value(); };
  return !column.holds_names ||
         (!cell.is_boolean() && std::ranges::none_of(column.class_names, is_number));
}

[[noreturn]] void fail_for(const Json& cell, const LabelColumn& column) {
  const auto& names = column.class_names;
  if (!names.empty() && (cell.is_string() || column.holds_names)) {
    const std::string text = cell.is_string() ? cell.get<std::string>() : exact_text(cell);
    fail(ErrorKind::corrupt_data, "column '{}' is '{}', which is none of {} ({}){}", column.name,
         text, column.holds_names ? "`labels`" : "the model's classes", join(names, ", "),
         did_you_mean(text, names));
  }
  fail(ErrorKind::corrupt_data,
       "column '{}' is {}, expected the number of a class, from 0 on{} (-1 stands in splits whose "
       "classes are not told: train on another split)",
       column.name, exact_text(cell), names.empty() ? ", or give their names by `labels`" : "");
}

}  // namespace

std::int32_t class_of(const Json& cell, const LabelColumn& column) {
  const auto& names = column.class_names;
  const auto found =
      std::ranges::find_if(names, [&](const std::string& name) { return is_name(cell, name); });
  const auto number = number_of(cell);
  if (found != names.end()) {
    const auto named = static_cast<std::int32_t>(found - names.begin());
    const bool is_number_of_another = number && !cell.is_boolean() && *number != named &&
                                      static_cast<std::size_t>(*number) < names.size();
    check(column.holds_names || !is_number_of_another, ErrorKind::invalid_argument,
          "column '{}' is {}, which is the name of class {} and the number of class '{}'; if the "
          "column holds names, list them by `labels`: [{}]",
          column.name, exact_text(cell), named,
          is_number_of_another ? names[static_cast<std::size_t>(*number)] : "", join(names, ", "));
    return named;
  }
  if (!number || !takes_numbers(cell, column)) {
    fail_for(cell, column);
  }
  return *number;
}

}  // namespace automodel::data
