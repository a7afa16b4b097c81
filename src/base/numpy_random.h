#pragma once
// The numbers of NumPy's default generator, for orders that must be those of a Python program. For
// anything else there is base/random.h.

#include <cstdint>
#include <vector>

namespace automodel {

/// numpy.random.default_rng(seed).permutation(count), for counts up to 2^32: what
/// datasets.Dataset.shuffle(seed) takes.
/// Source: O'Neill 2014 (PCG64, XSL-RR); NumPy's SeedSequence and random_interval.
std::vector<std::int64_t> numpy_permutation(std::int64_t count, std::uint64_t seed);

}  // namespace automodel
