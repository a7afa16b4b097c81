#include "base/exact_json.h"

#include <vector>

#include "base/json_tree.h"

namespace automodel {

Json parse_json_exact(std::string_view text, std::string_view source, std::int64_t first_line) {
  return parse_json_tree(text, source, first_line, {.keeps_wide_integers = true});
}

std::optional<std::string> wide_integer(const Json& value) {
  if (!value.is_binary()) {
    return std::nullopt;
  }
  const auto& digits = value.get_binary();
  return std::string(digits.begin(), digits.end());
}

std::string exact_text(const Json& value) {
  const auto digits = wide_integer(value);
  return digits ? *digits : value.dump();
}

Json make_wide_integer(std::string_view digits) {
  return Json::binary(std::vector<std::uint8_t>(digits.begin(), digits.end()));
}

}  // namespace automodel
