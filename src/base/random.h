#pragma once
// Counter-based random numbers: a stream is a pure function of its key, so a resumed run, another
// number of ranks or another thread schedule draws the same values.

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace automodel {

/// What a stream is for; part of the key, so two uses never share numbers.
enum class StreamPurpose : std::uint32_t {
  shuffle = 1,
  init = 2,
  dropout = 3,
  sampling = 4,
  mock = 5,
  rounding = 6
};

/// The same 64 bits for the same text on every machine and in every version (FNV-1a): the part of a
/// stream's key that names a parameter.
std::uint64_t hash_text(std::string_view text);

/// Philox-4x32-10 (Salmon et al. 2011): 4 random words from a 128-bit counter and a 64-bit key.
std::array<std::uint32_t, 4> philox(std::array<std::uint32_t, 4> counter,
                                    std::array<std::uint32_t, 2> key);

/// The random sequence of (seed, purpose, a, b); a and b are e.g. epoch and step, or step and
/// sample.
class RandomStream {
 public:
  RandomStream(std::uint64_t seed, StreamPurpose purpose, std::uint64_t a = 0, std::uint64_t b = 0);

  std::uint32_t next_u32();
  std::uint64_t next_u64();
  /// Uniform in [0, 1), 53 bits.
  double uniform();
  /// Uniform in [0, bound) without bias. bound > 0.
  std::uint64_t below(std::uint64_t bound);
  /// Standard normal (Box-Muller).
  double normal();

 private:
  std::array<std::uint32_t, 2> key_;
  std::array<std::uint32_t, 2> stream_;
  std::uint64_t block_ = 0;
  std::array<std::uint32_t, 4> words_{};
  std::size_t used_ = 4;
};

/// A permutation of 0..n-1 (Fisher-Yates).
std::vector<std::int64_t> permutation(std::int64_t n, RandomStream stream);

}  // namespace automodel
