#pragma once
// Cyclic redundancy checks of the formats written here.

#include <cstdint>
#include <string_view>

namespace automodel::watch {

/// CRC-32C (Castagnoli, RFC 3720), as TFRecord files have it.
std::uint32_t crc32c(std::string_view bytes);
/// CRC-32 (zlib's), going on from that of earlier bytes.
std::uint32_t crc32(std::string_view bytes, std::uint32_t before = 0);

}  // namespace automodel::watch
