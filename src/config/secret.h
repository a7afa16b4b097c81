#pragma once
// Values that are never printed or written.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace automodel::config {

/// Keys whose name says that the value is a password, key or token of a service (api_key, hf_token,
/// my_secret); not tokens, tokenizer and eos_token. Of a dotted path the last part counts.
bool is_secret(std::string_view key);

/// The text with "******" for what is secret under any key: user and password of an address, tokens
/// of the hub.
std::string without_secrets(std::string text);
/// The same of all texts in a value, and "******" for those of secret keys.
Json masked_secrets(const Json& value);

/// Command-line words without secrets, also those of secret keys.
std::vector<std::string> masked_overrides(std::span<const std::string> words);

}  // namespace automodel::config
