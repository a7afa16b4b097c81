#include "config/secret.h"

#include <algorithm>
#include <cctype>
#include <utility>

#include "base/text.h"

namespace automodel::config {
namespace {

constexpr const char* kMask = "******";

bool names_secret(const std::string& name) {
  for (const char* word :
       {"password", "passwd", "passphrase", "secret", "apikey", "api_key", "access_key",
        "private_key", "credential", "authorization", "wandb_key"}) {
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
  return hides ? kMask : without_secrets(value);
}

/// Tokens of services; those of tokenizers (eos_token) are none.
bool names_token(const std::string& name) {
  for (const char* owner : {"hf", "hub", "auth", "api", "access", "bearer", "session", "refresh",
                            "github", "wandb", "comet", "mlflow", "databricks"}) {
    if (name.ends_with(std::string(owner) + "_token")) {
      return true;
    }
  }
  return name == "token" || name == "auth";
}

/// "user:password" of every address in the text.
std::string without_logins(std::string text) {
  for (auto scheme = text.find("://"); scheme != std::string::npos;
       scheme = text.find("://", scheme + 3)) {
    const auto begin = scheme + 3;
    const auto end = std::min(text.find_first_of("/?# '\"", begin), text.size());
    const auto at = text.substr(begin, end - begin).rfind('@');
    if (at != std::string::npos) {
      text.replace(begin, at, kMask);
    }
  }
  return text;
}

/// Tokens of the hub, which begin with "hf_".
std::string without_hub_tokens(std::string text) {
  constexpr std::size_t kLeast = 20;
  const auto is_word = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; };
  for (auto at = text.find("hf_"); at != std::string::npos; at = text.find("hf_", at + 3)) {
    const auto begin = text.begin() + static_cast<std::ptrdiff_t>(at) + 3;
    const auto end = std::find_if_not(begin, text.end(), is_word);
    if (static_cast<std::size_t>(end - begin) >= kLeast) {
      text.replace(begin, end, kMask);
    }
  }
  return text;
}

}  // namespace

bool is_secret(std::string_view key) {
  const std::string name = to_lower_ascii(key.substr(key.rfind('.') + 1));
  return names_secret(name) || names_token(name);
}

std::string without_secrets(std::string text) {
  return without_hub_tokens(without_logins(std::move(text)));
}

Json masked_secrets(const Json& value) {
  if (value.is_string()) {
    return without_secrets(value.get<std::string>());
  }
  Json out = value;
  if (value.is_array()) {
    std::ranges::transform(value, out.begin(),
                           [](const Json& item) { return masked_secrets(item); });
  } else if (value.is_object()) {
    for (const auto& [key, item] : out.items()) {
      item = is_secret(key) && !item.is_null() ? Json(kMask) : masked_secrets(Json(item));
    }
  }
  return out;
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
