#include "models/default_configs.h"

#include "base/text.h"
#include "models/default_configs_text.h"

namespace automodel::models {
namespace {

Json parse_line(const std::string& line) { return parse_json(line, "default_configs.jsonl"); }

/// The parts of a type's default configuration; empty for a type that is not supported.
Json parts_of(const std::string& model_type) {
  const auto start = "{" + Json("model_type").dump() + ": " + Json(model_type).dump() + ",";
  for (const auto& line : split(trim(default_configs_text()), '\n')) {
    if (line.starts_with(start)) {
      return parse_line(line);
    }
  }
  return Json::object();
}

Json stated(const Json& parts) {
  Json config = {{"model_type", parts.at("model_type")}};
  config.update(parts.at("fixed"));
  config.update(parts.at("derived"));
  return config;
}

}  // namespace

std::map<std::string, Json> default_configs() {
  std::map<std::string, Json> configs;
  for (const auto& line : split(trim(default_configs_text()), '\n')) {
    const Json parts = parse_line(line);
    Json config = stated(parts);
    config.update(parts.at("computed"));
    configs.emplace(config.at("model_type").get<std::string>(), std::move(config));
  }
  return configs;
}

std::string type_of_class(const std::string& config_class) {
  for (const auto& line : split(trim(default_configs_text()), '\n')) {
    const Json parts = parse_line(line);
    if (parts.value("class", "") == config_class) {
      return parts.at("model_type");
    }
  }
  return "";
}

Json stated_defaults(const std::string& model_type) { return stated(parts_of(model_type)); }

Json fixed_defaults(const std::string& model_type) {
  return parts_of(model_type).value("fixed", Json::object());
}

}  // namespace automodel::models
