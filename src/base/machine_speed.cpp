#include "base/machine_speed.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <exception>
#include <functional>
#include <latch>
#include <new>
#include <numeric>
#include <optional>
#include <thread>
#include <vector>

#include "base/error.h"
#include "base/free_memory.h"

namespace automodel {
namespace {

constexpr int kChains = 12;  // independent sums: more than are under way at a time
constexpr int kRounds = 10'000;
constexpr int kSlices = 20;

constexpr std::size_t kLeastBytes = 16U << 20U;  // a thread's: its share of the caches is less
constexpr std::size_t kMostBytes = 64U << 20U;
constexpr std::size_t kAllBytes = 256U << 20U;
constexpr std::uint64_t kShareOfFree = 8;  // of all threads: one part in so many
constexpr int kPasses = 4;

/// kRounds steps of every chain.
struct Slice {
  void (*run)() = nullptr;
  int width = 0;  // float32 entries of a register
};

/// The compiler does not know what the sums hold, nor that they are alike.
template <class Vec>
void keep(Vec (&sums)[kChains]) {
  for (Vec& sum : sums) {
    __asm__ volatile("" : "+m"(sum));
  }
}

#if defined(__x86_64__)

__attribute__((target("avx2,fma"))) void multiply_8() {
  __m256 sums[kChains] = {};
  keep(sums);
  const __m256 half = _mm256_set1_ps(0.5F);
  for (int round = 0; round < kRounds; ++round) {
#pragma GCC unroll 16
    for (__m256& sum : sums) {
      sum = _mm256_fmadd_ps(sum, half, half);
    }
  }
  keep(sums);
}

__attribute__((target("avx512f"))) void multiply_16() {
  __m512 sums[kChains] = {};
  keep(sums);
  const __m512 half = _mm512_set1_ps(0.5F);
  for (int round = 0; round < kRounds; ++round) {
#pragma GCC unroll 16
    for (__m512& sum : sums) {
      sum = _mm512_fmadd_ps(sum, half, half);
    }
  }
  keep(sums);
}

#endif

void multiply_4() {
  using Vec = float __attribute__((vector_size(16)));
  Vec sums[kChains] = {};
  keep(sums);
  const Vec half = {0.5F, 0.5F, 0.5F, 0.5F};
  for (int round = 0; round < kRounds; ++round) {
#pragma GCC unroll 16
    for (Vec& sum : sums) {
      sum = sum * half + half;
    }
  }
  keep(sums);
}

/// LibTorch's kernels, which compute alone where `isa` is reference, use the processor's registers.
Slice slice_of(Isa isa) {
#if defined(__x86_64__)
  const auto supported = supported_isas();
  if (isa >= Isa::avx512) {
    return {multiply_16, 16};
  }
  if (std::find(supported.begin(), supported.end(), Isa::avx2) != supported.end()) {
    return {multiply_8, 8};
  }
#endif
  return {multiply_4, 4};
}

/// Of some times that run() takes.
template <class Run>
double shortest_seconds(int times, const Run& run) {
  using Clock = std::chrono::steady_clock;
  std::chrono::duration<double> best = std::chrono::hours(1);
  for (int i = 0; i < times; ++i) {
    const auto start = Clock::now();
    run();
    best = std::min<std::chrono::duration<double>>(best, Clock::now() - start);
  }
  return best.count();
}

/// What make() makes; none: memory does not suffice.
template <class Make>
auto if_memory_suffices(const Make& make) -> std::optional<decltype(make())> {
  try {
    return make();
  } catch (const std::bad_alloc&) {
    return std::nullopt;
  }
}

/// The sum of what measure() says on so many threads, of which the caller is one, that begin
/// together once each has made ready. Those that the system does not give, and those that memory
/// does not suffice for, count 0.
template <class MakeReady, class Measure>
double sum_of_threads(std::size_t num_threads, const MakeReady& make_ready,
                      const Measure& measure) {
  std::vector<double> reached(num_threads);
  std::latch all_there(static_cast<std::ptrdiff_t>(num_threads));
  const auto take_part = [&](double& own) {
    auto ready = if_memory_suffices(make_ready);
    all_there.arrive_and_wait();
    own = ready ? measure(*ready) : 0;
  };
  {
    std::vector<std::jthread> others;
    others.reserve(num_threads - 1);
    try {
      while (others.size() + 1 < num_threads) {
        others.emplace_back(take_part, std::ref(reached[others.size() + 1]));
      }
    } catch (const std::exception&) {  // no more of them, or no memory to name them
      all_there.count_down(static_cast<std::ptrdiff_t>(num_threads - 1 - others.size()));
    }
    take_part(reached.front());
  }
  return std::accumulate(reached.begin(), reached.end(), 0.0);
}

}  // namespace

double measure_peak_flops(Isa isa, int num_threads) {
  return sum_of_threads(
      static_cast<std::size_t>(std::max(num_threads, 1)), [isa] { return slice_of(isa); },
      [](const Slice& slice) {
        return 2.0 * kChains * kRounds * slice.width / shortest_seconds(kSlices, slice.run);
      });
}

double measure_bandwidth(int num_threads) {
  const std::size_t all =
      std::clamp<std::uint64_t>(free_memory_bytes() / kShareOfFree, kLeastBytes, kAllBytes);
  const std::size_t threads = std::clamp<std::size_t>(
      static_cast<std::size_t>(std::max(num_threads, 1)), 1, all / kLeastBytes);
  const std::size_t bytes = std::clamp(all / threads, kLeastBytes, kMostBytes);
  const double reached = sum_of_threads(
      threads, [bytes] { return std::vector<std::uint64_t>(bytes / sizeof(std::uint64_t)); },
      [bytes](std::vector<std::uint64_t>& entries) {
        const auto pass = [&entries] {
          for (std::uint64_t& entry : entries) {
            ++entry;
          }
          __asm__ volatile("" : : "r"(entries.data()) : "memory");
        };
        return 2.0 * static_cast<double>(bytes) / shortest_seconds(kPasses, pass);
      });
  check(reached > 0, ErrorKind::out_of_memory,
        "there is no memory to measure its speed with: {} MiB are wanted; end other programs or "
        "raise the limit of this process",
        bytes >> 20U);
  return reached;
}

}  // namespace automodel
