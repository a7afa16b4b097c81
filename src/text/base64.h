#pragma once
// Bytes as base64 text, in which vocabulary files keep what is not UTF-8.

#include <optional>
#include <string>
#include <string_view>

namespace automodel::text {

/// The bytes of a base64 text, with or without padding; nothing if it is malformed.
std::optional<std::string> decode_base64(std::string_view text);
std::string encode_base64(std::string_view bytes);

}  // namespace automodel::text
