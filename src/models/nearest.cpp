#include "models/nearest.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <tuple>

#include "base/error.h"
#include "base/text.h"
#include "models/default_configs.h"
#include "models/registry.h"

namespace automodel::models {
namespace {

constexpr std::size_t kTypes = 3;
constexpr std::size_t kKeys = 12;

struct Candidate {
  NearType type;
  std::size_t missing = 0;
  int name_distance = 0;
};

/// Keys of the config that the family does not read from `usual`, a config of its own.
std::vector<std::string> unread(const Family& family, const Json& usual, const Json& config) {
  const ConfigReader reader(usual, family.model_type, family.key_names);
  try {
    family.spec(reader);
  } catch (const Error&) {  // NOLINT(bugprone-empty-catch): it has read what it asks for
  }
  return reader.unread(config, family.ignored_keys);
}

std::vector<std::string> foreign_keys(const Family& family, Json usual, const Json& config) {
  auto foreign = unread(family, usual, config);
  usual.erase("rope_parameters");  // as in files of the hub
  const auto in_old_dialect = unread(family, usual, config);
  std::erase_if(foreign,
                [&](const auto& key) { return std::ranges::count(in_old_dialect, key) == 0; });
  return foreign;
}

Candidate compare(const Family& family, const Json& usual, const Json& config) {
  std::size_t missing = 0;
  for (const auto& [key, value] : usual.items()) {
    missing += config.contains(key) ? 0 : 1;
  }
  return {{family.model_type, foreign_keys(family, usual, config)},
          missing,
          edit_distance(config.value("model_type", ""), family.model_type)};
}

std::string foreign_text(const NearType& near, const Json& config) {
  if (near.foreign.empty()) {
    return near.model_type + " (all keys known)";
  }
  std::vector<std::string> keys;
  for (const auto& key : near.foreign) {
    keys.push_back(keys.size() < kKeys ? fmt::format("{} = {}", key, config[key].dump()) : "...");
  }
  keys.resize(std::min(keys.size(), kKeys + 1));
  return fmt::format("{} (foreign keys: {})", near.model_type, fmt::join(keys, ", "));
}

}  // namespace

std::vector<NearType> nearest_types(const Json& config, std::size_t count) {
  const auto usual = default_configs();
  std::vector<Candidate> candidates;
  std::vector<std::string> types;
  for (const auto& family : families()) {
    candidates.push_back(compare(family, usual.at(family.model_type), config));
    types.push_back(family.model_type);
  }
  const auto named = nearest_names(config.value("model_type", ""), types, 1);
  std::ranges::stable_sort(candidates, {}, [&](const Candidate& candidate) {
    const bool by_name = !named.empty() && candidate.type.model_type == named.front();
    return std::tuple(!by_name, candidate.type.foreign.size(), candidate.missing,
                      candidate.name_distance);
  });
  std::vector<NearType> nearest;
  for (std::size_t i = 0; i < std::min(count, candidates.size()); ++i) {
    nearest.push_back(candidates[i].type);
  }
  return nearest;
}

std::string nearest_types_text(const Json& config) {
  std::string out;
  if (config.size() > 1) {
    for (const auto& near : nearest_types(config, kTypes)) {
      out += fmt::format("\n  near: {}", foreign_text(near, config));
    }
  }
  return out;
}

}  // namespace automodel::models
