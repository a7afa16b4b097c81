#include "config/secret.h"

#include "base/text.h"

namespace automodel::config {
namespace {

constexpr const char* kMask = "******";

bool names_secret(const std::string& name) {
  for (const char* word :
       {"password", "secret", "apikey", "api_key", "authorization", "wandb_key"}) {
    if (name.find(word) != std::string::npos) {
      return true;
    }
  }
  return false;
}

/// A mapping given as one word is hidden whole.
std::string masked_value(std::string_view key, const std::string& value) {
  const bool hides =
      is_secret(key) ||
      (value.starts_with('{') && (names_secret(to_lower_ascii(value)) ||
                                  to_lower_ascii(value).find("_token'") != std::string::npos));
  return hides ? kMask : value;
}

}  // namespace

bool is_secret(std::string_view key) {
  const std::string name = to_lower_ascii(key.substr(key.rfind('.') + 1));
  return names_secret(name) || name == "token" || name == "auth" || name.ends_with("hf_token") ||
         name.ends_with("auth_token");
}

std::vector<std::string> masked_overrides(std::span<const std::string> words) {
  std::vector<std::string> out;
  std::string key;
  for (const std::string& word : words) {
    const auto equals = word.find('=');
    if (!word.starts_with("--")) {
      out.push_back(masked_value(key, word));
    } else if (equals == std::string::npos) {
      key = word;
      out.push_back(word);
    } else {
      out.push_back(word.substr(0, equals + 1) +
                    masked_value(word.substr(0, equals), word.substr(equals + 1)));
    }
  }
  return out;
}

}  // namespace automodel::config
