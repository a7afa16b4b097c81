#include "models/stop_ids.h"

#include "base/error.h"

namespace automodel::models {
namespace {

std::vector<std::int32_t> eos_ids(const Json& config) {
  const auto found = config.find("eos_token_id");
  if (found == config.end() || found->is_null()) {
    return {};
  }
  check(found->is_number_integer() || found->is_array(), ErrorKind::corrupt_data,
        "eos_token_id is {}, expected an integer or a list of integers", found->dump());
  return found->is_array() ? found->get<std::vector<std::int32_t>>()
                           : std::vector<std::int32_t>{found->get<std::int32_t>()};
}

}  // namespace

std::vector<std::int32_t> stop_ids(const std::filesystem::path& folder, const Json& config) {
  const auto defaults = folder / "generation_config.json";
  if (std::filesystem::exists(defaults)) {
    if (auto ids = eos_ids(read_json(defaults)); !ids.empty()) {
      return ids;
    }
  }
  return eos_ids(config);
}

}  // namespace automodel::models
