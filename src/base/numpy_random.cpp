#include "base/numpy_random.h"

#include <array>
#include <bit>
#include <numeric>
#include <utility>

namespace automodel {
namespace {

__extension__ typedef unsigned __int128 Wide;  // NOLINT(modernize-use-using): needs __extension__

/// NumPy's SeedSequence(seed).generate_state(8).
class SeedSequence {
 public:
  explicit SeedSequence(std::uint64_t seed) {
    const std::array<std::uint32_t, 4> entropy = {static_cast<std::uint32_t>(seed),
                                                  static_cast<std::uint32_t>(seed >> 32U), 0, 0};
    for (std::size_t i = 0; i < pool_.size(); ++i) {
      pool_[i] = hash(entropy[i]);
    }
    for (std::size_t from = 0; from < pool_.size(); ++from) {
      for (std::size_t to = 0; to < pool_.size(); ++to) {
        if (from != to) {
          pool_[to] = mix(pool_[to], hash(pool_[from]));
        }
      }
    }
  }

  std::array<std::uint32_t, 8> state() const {
    std::array<std::uint32_t, 8> out{};
    std::uint32_t factor = 0x8b51f9dd;
    for (std::size_t i = 0; i < out.size(); ++i) {
      std::uint32_t word = pool_[i % pool_.size()] ^ factor;
      factor *= 0x58f38ded;
      word *= factor;
      out[i] = word ^ (word >> 16U);
    }
    return out;
  }

 private:
  std::uint32_t hash(std::uint32_t word) {
    word ^= factor_;
    factor_ *= 0x931e8875;
    word *= factor_;
    return word ^ (word >> 16U);
  }
  static std::uint32_t mix(std::uint32_t a, std::uint32_t b) {
    const std::uint32_t out = 0xca01f9dd * a - 0x4973f715 * b;
    return out ^ (out >> 16U);
  }

  std::uint32_t factor_ = 0x43b0d7e5;
  std::array<std::uint32_t, 4> pool_{};
};

class Pcg64 {
 public:
  explicit Pcg64(std::uint64_t seed) {
    const auto words = SeedSequence(seed).state();
    const auto at = [&](std::size_t i) {  // four words, the upper half of the number first
      const auto half = [&](std::size_t j) {
        return static_cast<Wide>(words[j]) | static_cast<Wide>(words[j + 1]) << 32U;
      };
      return half(i) << 64U | half(i + 2);
    };
    increment_ = at(4) << 1U | 1U;
    step();
    state_ += at(0);
    step();
  }

  /// Uniform in 0..largest: of the bits that it needs, the first number that is not above it.
  std::uint32_t up_to(std::uint32_t largest) {
    const std::uint64_t mask = std::bit_ceil(std::uint64_t{largest} + 1) - 1;
    std::uint64_t number = next() & mask;
    while (number > largest) {
      number = next() & mask;
    }
    return static_cast<std::uint32_t>(number);
  }

 private:
  void step() {
    constexpr Wide kFactor =
        static_cast<Wide>(0x2360ED051FC65DA4ULL) << 64U | 0x4385DF649FCCF645ULL;
    state_ = state_ * kFactor + increment_;
  }

  /// 32 bits: the lower half of a number, then its upper half.
  std::uint64_t next() {
    if (has_half_) {
      has_half_ = false;
      return half_;
    }
    step();
    const auto folded =
        static_cast<std::uint64_t>(state_ >> 64U) ^ static_cast<std::uint64_t>(state_);
    const std::uint64_t number = std::rotr(folded, static_cast<int>(state_ >> 122U));
    has_half_ = true;
    half_ = number >> 32U;
    return number & 0xffffffffU;
  }

  Wide state_ = 0;
  Wide increment_ = 0;
  std::uint64_t half_ = 0;
  bool has_half_ = false;
};

}  // namespace

std::vector<std::int64_t> numpy_permutation(std::int64_t count, std::uint64_t seed) {
  std::vector<std::int64_t> order(static_cast<std::size_t>(count));
  std::iota(order.begin(), order.end(), 0);
  Pcg64 random(seed);
  for (std::size_t i = order.size(); i-- > 1;) {
    std::swap(order[i], order[random.up_to(static_cast<std::uint32_t>(i))]);
  }
  return order;
}

}  // namespace automodel
