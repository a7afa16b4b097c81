#include "base/random.h"

#include <cmath>
#include <numbers>
#include <numeric>

namespace automodel {
namespace {

std::uint64_t mix(std::uint64_t x) {  // SplitMix64's finaliser: spreads small keys over all bits
  x += 0x9E3779B97F4A7C15ULL;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ULL;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBULL;
  return x ^ (x >> 31);
}

std::array<std::uint32_t, 2> halves(std::uint64_t x) {
  return {static_cast<std::uint32_t>(x), static_cast<std::uint32_t>(x >> 32)};
}

}  // namespace

std::uint64_t hash_text(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  for (const char c : text) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  }
  return hash;
}

std::array<std::uint32_t, 4> philox(std::array<std::uint32_t, 4> counter,
                                    std::array<std::uint32_t, 2> key) {
  for (int round = 0; round < 10; ++round) {
    const auto low = std::uint64_t{0xD2511F53} * counter[0];
    const auto high = std::uint64_t{0xCD9E8D57} * counter[2];
    counter = {static_cast<std::uint32_t>(high >> 32) ^ counter[1] ^ key[0],
               static_cast<std::uint32_t>(high),
               static_cast<std::uint32_t>(low >> 32) ^ counter[3] ^ key[1],
               static_cast<std::uint32_t>(low)};
    key[0] += 0x9E3779B9;
    key[1] += 0xBB67AE85;
  }
  return counter;
}

RandomStream::RandomStream(std::uint64_t seed, StreamPurpose purpose, std::uint64_t a,
                           std::uint64_t b)
    : key_(halves(mix(seed ^ mix(static_cast<std::uint64_t>(purpose))))),
      stream_(halves(mix(a ^ mix(b)))) {}

std::uint32_t RandomStream::next_u32() {
  if (used_ == 4) {
    const auto block = halves(block_++);
    words_ = philox({block[0], block[1], stream_[0], stream_[1]}, key_);
    used_ = 0;
  }
  return words_[used_++];
}

std::uint64_t RandomStream::next_u64() {
  const std::uint64_t low = next_u32();
  return low | (std::uint64_t{next_u32()} << 32);
}

double RandomStream::uniform() { return static_cast<double>(next_u64() >> 11) * 0x1.0p-53; }

std::uint64_t RandomStream::below(std::uint64_t bound) {
  const std::uint64_t threshold =
      (0 - bound) % bound;  // 2^64 mod bound: values under it would bias
  while (true) {
    const auto value = next_u64();
    if (value >= threshold) {
      return value % bound;
    }
  }
}

double RandomStream::normal() {
  const double radius = std::sqrt(-2.0 * std::log(1.0 - uniform()));
  return radius * std::cos(2.0 * std::numbers::pi * uniform());
}

std::vector<std::int64_t> permutation(std::int64_t n, RandomStream stream) {
  std::vector<std::int64_t> order(static_cast<std::size_t>(n));
  std::iota(order.begin(), order.end(), 0);
  for (std::size_t i = order.size(); i > 1; --i) {
    std::swap(order[i - 1], order[stream.below(i)]);
  }
  return order;
}

}  // namespace automodel
