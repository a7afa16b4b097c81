#include "models/describe.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/error.h"
#include "base/text.h"
#include "models/default_configs.h"
#include "models/registry.h"
#include "spec/describe.h"
#include "spec/parameters.h"

namespace automodel::models {
namespace {

std::string keys_text(const std::vector<KeyUse>& keys, KeyUse::Fate fate, std::string_view title) {
  std::string out;
  for (const auto& key : keys) {
    if (key.fate == fate) {
      out += fmt::format("  {} = {}\n", key.key, key.value.dump());
    }
  }
  return out.empty() ? out : fmt::format("\n{}\n{}", title, out);
}

spec::ModelSpec default_spec(const std::map<std::string, Json>& configs, const std::string& type) {
  const auto config = configs.find(type);
  check(config != configs.end(), ErrorKind::internal,
        "default_configs.jsonl lacks the model type '{}'", type);
  return read_spec(config->second, "the default configuration of " + type);
}

}  // namespace

std::string describe(const Json& config, const std::string& source) {
  const Reading reading = read_config(config, source);
  return spec::describe(reading.spec) +
         keys_text(reading.keys, KeyUse::Fate::used, "keys of the configuration that count") +
         keys_text(reading.keys, KeyUse::Fate::fallback, "absent, so by default") +
         keys_text(reading.keys, KeyUse::Fate::ignored, "without effect on the mathematics");
}

std::string describe_families() {
  const auto configs = default_configs();
  std::string out;
  for (const auto& family : families()) {
    const auto model = default_spec(configs, family.model_type);
    out += fmt::format("{:<20} {:>8}  {}\n", family.model_type,
                       human_count(spec::num_parameters(model)),
                       fmt::join(spec::block_kinds(model), "; "));
  }
  return out + fmt::format(
                   "\n{} model types; sizes and kinds are those of Transformers' default "
                   "configurations\n",
                   families().size());
}

Json families_json() {
  const auto configs = default_configs();
  Json out = Json::array();
  for (const auto& family : families()) {
    const auto model = default_spec(configs, family.model_type);
    out.push_back({{"model_type", family.model_type},
                   {"architecture", model.architecture},
                   {"parameters", spec::num_parameters(model)},
                   {"active", spec::num_active_parameters(model)},
                   {"kinds", spec::block_kinds(model)}});
  }
  return out;
}

}  // namespace automodel::models
