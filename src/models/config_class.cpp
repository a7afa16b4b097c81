#include "models/config_class.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/cache_folder.h"
#include "base/error.h"
#include "base/file.h"
#include "base/fingerprint.h"
#include "models/default_configs.h"
#include "models/overrides.h"

namespace automodel::models {
namespace {

/// An argument is a class's own older name of what stands in rope_parameters: it is read where
/// those are not given, also not by default.
bool names_rope_by_itself(const Json& arguments) {
  const auto is_given = [&](const char* key) { return !arguments.value(key, Json()).is_null(); };
  return !is_given("rope_parameters") &&
         std::ranges::any_of(std::array{"rotary_pct", "rotary_emb_base", "global_rope_theta",
                                        "local_rope_theta", "rope_local_base_freq"},
                             is_given);
}

}  // namespace

std::filesystem::path folder_of_class(const std::string& config_class, const Json& arguments) {
  const auto type = type_of_class(config_class);
  check(!type.empty(), ErrorKind::unsupported,
        "the architecture of {} is not supported yet; 'automodel models' lists those that are",
        config_class);
  Json config = stated_defaults(type);
  if (names_rope_by_itself(arguments)) {
    config.erase("rope_parameters");
  }
  config.update(fit_overrides(config, arguments));
  const auto text = config.dump(1) + "\n";
  const auto folder =
      cache_folder("config_classes") / fmt::format("{}-{:016x}", type, quick_checksum(text));
  std::filesystem::create_directories(folder);
  write_file_atomic(folder / "config.json", text);
  return folder;
}

}  // namespace automodel::models
