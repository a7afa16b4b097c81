#pragma once
// Values that are never printed or written.

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace automodel::config {

/// Keys whose name holds password, secret, api_key, authorization or wandb_key; token and auth, but
/// not tokens and tokenizer. Of a dotted path the last part counts.
bool is_secret(std::string_view key);

/// Command-line words with the values of secret keys replaced by "******".
std::vector<std::string> masked_overrides(std::span<const std::string> words);

}  // namespace automodel::config
