#include "base/checksum.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <span>

namespace automodel {
namespace {

static_assert(std::endian::native == std::endian::little, "words are read as they lie in memory");

constexpr std::uint64_t kPrime1 = 0x9E3779B185EBCA87U;
constexpr std::uint64_t kPrime2 = 0xC2B2AE3D27D4EB4FU;
constexpr std::uint64_t kPrime3 = 0x165667B19E3779F9U;
constexpr std::uint64_t kPrime4 = 0x85EBCA77C2B2AE63U;
constexpr std::uint64_t kPrime5 = 0x27D4EB2F165667C5U;

template <typename Word>
std::uint64_t read_word(std::span<const char> bytes) {
  Word word = 0;
  std::memcpy(&word, bytes.data(), sizeof word);
  return word;
}

std::uint64_t mix_lane(std::uint64_t lane, std::uint64_t word) {
  return std::rotl(lane + word * kPrime2, 31) * kPrime1;
}

std::uint64_t merge_lane(std::uint64_t hash, std::uint64_t lane) {
  return (hash ^ mix_lane(0, lane)) * kPrime1 + kPrime4;
}

std::uint64_t avalanche(std::uint64_t hash) {
  hash = (hash ^ (hash >> 33)) * kPrime2;
  hash = (hash ^ (hash >> 29)) * kPrime3;
  return hash ^ (hash >> 32);
}

/// The last bytes, fewer than a stripe.
std::uint64_t mix_rest(std::uint64_t hash, std::span<const char> rest) {
  for (; rest.size() >= 8; rest = rest.subspan(8)) {
    const auto word = mix_lane(0, read_word<std::uint64_t>(rest));
    hash = std::rotl(hash ^ word, 27) * kPrime1 + kPrime4;
  }
  if (rest.size() >= 4) {
    hash = std::rotl(hash ^ (read_word<std::uint32_t>(rest) * kPrime1), 23) * kPrime2 + kPrime3;
    rest = rest.subspan(4);
  }
  for (const char c : rest) {
    hash = std::rotl(hash ^ (static_cast<unsigned char>(c) * kPrime5), 11) * kPrime1;
  }
  return hash;
}

}  // namespace

void Checksum::consume_stripe(std::span<const char> stripe) {
  for (std::size_t i = 0; i < lanes_.size(); ++i) {
    lanes_[i] = mix_lane(lanes_[i], read_word<std::uint64_t>(stripe.subspan(8 * i)));
  }
}

void Checksum::update(std::string_view bytes) {
  total_ += bytes.size();
  std::span<const char> rest(bytes);
  if (buffered_ > 0) {
    const auto take = std::min(rest.size(), buffer_.size() - buffered_);
    std::ranges::copy(rest.first(take), buffer_.begin() + static_cast<std::ptrdiff_t>(buffered_));
    buffered_ += take;
    rest = rest.subspan(take);
    if (buffered_ == buffer_.size()) {
      consume_stripe(buffer_);
      buffered_ = 0;
    }
  }
  for (; rest.size() >= buffer_.size(); rest = rest.subspan(buffer_.size())) {
    consume_stripe(rest);
  }
  if (!rest.empty()) {
    std::ranges::copy(rest, buffer_.begin());
    buffered_ = rest.size();
  }
}

std::uint64_t Checksum::digest() const {
  std::uint64_t hash = kPrime5;
  if (total_ >= buffer_.size()) {
    hash = std::rotl(lanes_[0], 1) + std::rotl(lanes_[1], 7) + std::rotl(lanes_[2], 12) +
           std::rotl(lanes_[3], 18);
    for (const auto lane : lanes_) {
      hash = merge_lane(hash, lane);
    }
  }
  return avalanche(mix_rest(hash + total_, std::span(buffer_).first(buffered_)));
}

std::uint64_t checksum(std::string_view bytes) {
  Checksum sum;
  sum.update(bytes);
  return sum.digest();
}

std::uint64_t hash_of_numbers(std::span<const std::int64_t> numbers) {
  return checksum({reinterpret_cast<const char*>(numbers.data()), numbers.size_bytes()});
}

}  // namespace automodel
