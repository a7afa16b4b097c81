#include "models/default_configs.h"

#include "base/text.h"
#include "models/default_configs_text.h"

namespace automodel::models {
namespace {

Json parse_line(const std::string& line) { return parse_json(line, "default_configs.jsonl"); }

}  // namespace

std::map<std::string, Json> default_configs() {
  std::map<std::string, Json> configs;
  for (const auto& line : split(trim(default_configs_text()), '\n')) {
    const Json parts = parse_line(line);
    Json config = {{"model_type", parts.at("model_type")}};
    config.update(parts.at("fixed"));
    config.update(parts.at("derived"));
    configs.emplace(config.at("model_type").get<std::string>(), std::move(config));
  }
  return configs;
}

Json fixed_defaults(const std::string& model_type) {
  const auto start = "{" + Json("model_type").dump() + ": " + Json(model_type).dump() + ",";
  for (const auto& line : split(trim(default_configs_text()), '\n')) {
    if (line.starts_with(start)) {
      return parse_line(line).at("fixed");
    }
  }
  return Json::object();
}

}  // namespace automodel::models
