#include "models/config_class.h"

#include "base/cache_folder.h"
#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "models/default_configs.h"

namespace automodel::models {
namespace {

/// "gpt_oss" and "GptOss" are the same name.
std::string plain(const std::string& name) {
  std::string out = to_lower_ascii(name);
  std::erase_if(out, [](char c) { return c == '_' || c == '-'; });
  return out;
}

}  // namespace

std::filesystem::path folder_of_class(const std::string& config_class) {
  constexpr std::string_view kEnd = "Config";
  const std::string name = config_class.substr(
      0, config_class.size() - (config_class.ends_with(kEnd) ? kEnd.size() : 0));
  for (const auto& [type, config] : default_configs()) {
    if (plain(type) == plain(name)) {
      const auto folder = cache_folder("config_classes") / type;
      std::filesystem::create_directories(folder);
      write_file_atomic(folder / "config.json", config.dump(1) + "\n");
      return folder;
    }
  }
  fail(ErrorKind::unsupported,
       "the architecture of {} is not supported yet; 'automodel models' lists those that are",
       config_class);
}

}  // namespace automodel::models
