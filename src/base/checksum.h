#pragma once
// A fast checksum against accidental damage, not against an adversary.

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace automodel {

/// XXH64 with seed 0 over bytes that arrive in pieces.
/// Source: xxHash fast digest algorithm, specification 0.1.1 (Y. Collet), section XXH64.
class Checksum {
 public:
  void update(std::string_view bytes);
  /// Of everything so far; more may follow.
  std::uint64_t digest() const;

 private:
  void consume_stripe(std::span<const char> stripe);

  std::array<std::uint64_t, 4> lanes_ = {0x60EA27EEADC0B5D6U, 0xC2B2AE3D27D4EB4FU, 0,
                                         0x61C8864E7A143579U};
  std::array<char, 32> buffer_{};
  std::size_t buffered_ = 0;
  std::uint64_t total_ = 0;
};

std::uint64_t checksum(std::string_view bytes);

/// One number of several: the checksum of their bytes, one after the other.
std::uint64_t hash_of_numbers(std::span<const std::int64_t> numbers);
template <typename... Numbers>
std::uint64_t hash_of(Numbers... numbers) {
  const std::array<std::int64_t, sizeof...(numbers)> all = {static_cast<std::int64_t>(numbers)...};
  return hash_of_numbers(all);
}

}  // namespace automodel
