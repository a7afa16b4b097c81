#include "base/python_random.h"

#include <bit>
#include <cmath>
#include <numbers>
#include <vector>

namespace automodel {
namespace {

constexpr std::size_t kWords = 624;
constexpr std::size_t kShift = 397;

std::uint32_t mixed(std::uint32_t previous, std::uint32_t factor) {
  return (previous ^ (previous >> 30)) * factor;
}

/// The seed in words, the lowest first; zero is one word.
std::vector<std::uint32_t> words_of(std::uint64_t seed) {
  std::vector<std::uint32_t> out = {static_cast<std::uint32_t>(seed)};
  if (seed >> 32 != 0) {
    out.push_back(static_cast<std::uint32_t>(seed >> 32));
  }
  return out;
}

}  // namespace

PythonRandom::PythonRandom(std::uint64_t seed) : used_(kWords) {
  state_[0] = 19650218;
  for (std::uint32_t i = 1; i < kWords; ++i) {
    state_[i] = mixed(state_[i - 1], 1812433253) + i;
  }
  const auto key = words_of(seed);
  std::size_t i = 1;
  const auto step = [&] {
    if (++i == kWords) {
      state_[0] = state_[kWords - 1];
      i = 1;
    }
  };
  for (std::size_t k = 0; k < kWords; ++k) {
    const std::size_t j = k % key.size();
    state_[i] =
        (state_[i] ^ mixed(state_[i - 1], 1664525)) + key[j] + static_cast<std::uint32_t>(j);
    step();
  }
  for (std::size_t k = 1; k < kWords; ++k) {
    state_[i] = (state_[i] ^ mixed(state_[i - 1], 1566083941)) - static_cast<std::uint32_t>(i);
    step();
  }
  state_[0] = 0x80000000U;
}

void PythonRandom::turn() {
  for (std::size_t i = 0; i < kWords; ++i) {
    const std::uint32_t both = (state_[i] & 0x80000000U) | (state_[(i + 1) % kWords] & 0x7fffffffU);
    state_[i] = state_[(i + kShift) % kWords] ^ (both >> 1) ^ ((both & 1U) * 0x9908b0dfU);
  }
  used_ = 0;
}

std::uint32_t PythonRandom::next() {
  if (used_ == kWords) {
    turn();
  }
  std::uint32_t word = state_[used_++];
  word ^= word >> 11;
  word ^= (word << 7) & 0x9d2c5680U;
  word ^= (word << 15) & 0xefc60000U;
  return word ^ (word >> 18);
}

double PythonRandom::uniform() {
  const double high = next() >> 5;
  const double low = next() >> 6;
  return (high * 67108864.0 + low) / 9007199254740992.0;
}

double PythonRandom::gauss(double mean, double deviation) {
  double normal = 0;
  if (second_) {
    normal = *second_;
    second_ = std::nullopt;
  } else {
    const double angle = uniform() * 2.0 * std::numbers::pi;
    const double radius = std::sqrt(-2.0 * std::log(1.0 - uniform()));
    normal = std::cos(angle) * radius;
    second_ = std::sin(angle) * radius;
  }
  return mean + normal * deviation;
}

std::size_t PythonRandom::choose(std::size_t size) {
  return static_cast<std::size_t>(std::floor(uniform() * static_cast<double>(size)));
}

std::uint32_t PythonRandom::below(std::uint32_t limit) {
  const int unused_bits = std::countl_zero(limit);
  std::uint32_t out = limit;
  while (out >= limit) {
    out = next() >> unused_bits;
  }
  return out;
}

}  // namespace automodel
