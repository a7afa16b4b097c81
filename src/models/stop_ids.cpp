#include "models/stop_ids.h"

#include <limits>

#include "base/error.h"

namespace automodel::models {
namespace {

std::int32_t stop_id(const Json& value) {
  check(
      value.is_number_integer() && value >= 0 && value <= std::numeric_limits<std::int32_t>::max(),
      ErrorKind::corrupt_data,
      "eos_token_id holds {}, expected the id of a token or a list of such", value.dump());
  return value.get<std::int32_t>();
}

std::vector<std::int32_t> eos_ids(const Json& config, const std::filesystem::path& file) {
  const auto found = config.find("eos_token_id");
  if (found == config.end() || found->is_null()) {
    return {};
  }
  const ErrorContext context("reading {}", file.string());
  std::vector<std::int32_t> ids;
  for (const Json& value : found->is_array() ? *found : Json::array({*found})) {
    ids.push_back(stop_id(value));
  }
  return ids;
}

}  // namespace

std::vector<std::int32_t> stop_ids(const std::filesystem::path& folder, const Json& config,
                                   const Json& overrides) {
  if (auto ids = eos_ids(overrides, "the recipe's model section"); !ids.empty()) {
    return ids;
  }
  const auto defaults = folder / "generation_config.json";
  if (std::filesystem::exists(defaults)) {
    if (auto ids = eos_ids(read_json(defaults), defaults); !ids.empty()) {
      return ids;
    }
  }
  return eos_ids(config, folder / "config.json");
}

}  // namespace automodel::models
