#include "watch/crc32.h"

#include <array>

namespace automodel::watch {
namespace {

using Table = std::array<std::uint32_t, 256>;

/// By the reflected polynomial.
constexpr Table table_of(std::uint32_t polynomial) {
  Table out{};
  for (std::uint32_t byte = 0; byte < out.size(); ++byte) {
    std::uint32_t value = byte;
    for (int bit = 0; bit < 8; ++bit) {
      value = (value >> 1U) ^ ((value & 1U) != 0 ? polynomial : 0U);
    }
    out[byte] = value;
  }
  return out;
}

std::uint32_t go_on(const Table& table, std::string_view bytes, std::uint32_t before) {
  std::uint32_t value = ~before;
  for (const char c : bytes) {
    value = table[(value ^ static_cast<unsigned char>(c)) & 0xFFU] ^ (value >> 8U);
  }
  return ~value;
}

}  // namespace

std::uint32_t crc32c(std::string_view bytes) {
  static constexpr Table kTable = table_of(0x82F63B78U);
  return go_on(kTable, bytes, 0);
}

std::uint32_t crc32(std::string_view bytes, std::uint32_t before) {
  static constexpr Table kTable = table_of(0xEDB88320U);
  return go_on(kTable, bytes, before);
}

}  // namespace automodel::watch
