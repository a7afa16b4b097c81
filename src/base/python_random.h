#pragma once
// The numbers of Python's module `random`, for data that must be what a Python program makes. For
// anything else there is base/random.h.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace automodel {

/// random.Random(seed): the Mersenne Twister MT19937, seeded by an array.
/// Source: Matsumoto & Nishimura 1998; CPython Modules/_randommodule.c and Lib/random.py.
class PythonRandom {
 public:
  explicit PythonRandom(std::uint64_t seed);

  /// random(): uniform in [0, 1), 53 bits.
  double uniform();
  /// gauss(mean, deviation).
  double gauss(double mean, double deviation);
  /// The index of one choice of choices(population): uniform below `size`.
  std::size_t choose(std::size_t size);
  /// randrange(limit) of a limit from 1: uniform below it.
  std::uint32_t below(std::uint32_t limit);

 private:
  std::uint32_t next();
  void turn();

  std::array<std::uint32_t, 624> state_{};
  std::size_t used_ = 0;
  std::optional<double> second_;  // gauss() makes two numbers at a time
};

}  // namespace automodel
