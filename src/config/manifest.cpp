#include "config/manifest.h"

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "config/secret.h"

namespace automodel::config {
namespace {

constexpr const char* kFormat = "automodel_run";
constexpr int kVersion = 1;

/// A text that may not be written, in a value or a list of values.
bool holds_secret(const Node& node) {
  const std::string text = node.is_text() ? node.value.get<std::string>() : "";
  return without_secrets(text) != text || std::ranges::any_of(node.items, holds_secret);
}

/// Walks a tree once and sorts its values into the parts of a manifest.
class Collector {
 public:
  Json map(const Node& node, const std::string& path) {
    Json out = Json::object();
    for (const Entry& entry : node.entries) {
      const std::string at = dotted(path, entry.key);
      if ((is_secret(entry.key) && !entry.value.is_null()) || holds_secret(entry.value)) {
        secrets.push_back(at);
      } else {
        out[entry.key] = value(entry.value, at);
      }
    }
    return out;
  }

  Json origins = Json::object();
  Json secrets = Json::array();

 private:
  Json value(const Node& node, const std::string& path) {
    if (node.kind == NodeKind::map && !node.entries.empty()) {
      return map(node, path);
    }
    if (node.kind == NodeKind::list) {
      return list(node, path);
    }
    note(node, path);
    return to_json(node);
  }

  Json list(const Node& node, const std::string& path) {
    Json out = Json::array();
    note(node, path);
    for (const Node& item : node.items) {
      out.push_back(item.kind == NodeKind::map ? map(item, path) : to_json(item));
    }
    return out;
  }

  void note(const Node& node, const std::string& path) {
    if (node.origin.kind != OriginKind::fallback) {
      origins[path] = to_string(node.origin.kind);
    }
  }
};

}  // namespace

Json manifest_config(const LoadedRecipe& loaded) {
  Collector collector;
  Json config = collector.map(loaded.tree, "");
  return {{kFormat, kVersion},
          {"recipe", loaded.path},
          {"overrides", masked_overrides(loaded.overrides)},
          {"config", std::move(config)},
          {"origins", std::move(collector.origins)},
          {"secrets", std::move(collector.secrets)}};
}

Json parse_manifest(std::string_view text) {
  if (!trim(text).starts_with('{')) {
    return nullptr;
  }
  const Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  return json.is_object() && json.contains(kFormat) ? json : Json(nullptr);
}

Node manifest_tree(const Json& manifest) {
  check(manifest.at(kFormat) == kVersion, ErrorKind::unsupported,
        "a manifest of format {}; this program reads format {}", manifest.at(kFormat).dump(),
        kVersion);
  check(manifest.contains("config") && manifest.at("config").is_object(), ErrorKind::corrupt_data,
        "a manifest without 'config'; give the manifest.json of a run's folder");
  return from_json(manifest.at("config"), {OriginKind::manifest, 0, 0});
}

}  // namespace automodel::config
