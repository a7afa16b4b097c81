// The arena against malloc on recorded training steps, every block written as an operator would.

#include <benchmark/benchmark.h>

#include <cstdlib>
#include <cstring>

#include "tensor/arena.h"
#include "tests/tensor/allocation_trace.h"

namespace automodel {
namespace {

constexpr std::size_t kMinBytes = std::size_t{1} << 16;

std::vector<testing::AllocationEvent> trace_of(const char* name) {
  return testing::read_trace(std::string(AM_SOURCE_DIR "/tests/tensor/traces/") + name);
}

void touch(void* block, std::size_t bytes) {
  for (std::size_t at = 0; at < bytes; at += 4096) {
    static_cast<char*>(block)[at] = 1;
  }
}

void with_arena(benchmark::State& state, const char* name) {
  const auto trace = trace_of(name);
  Arena arena({});
  for (auto _ : state) {
    testing::replay(
        trace, kMinBytes,
        [&](std::size_t bytes) {
          void* block = arena.allocate(bytes);
          touch(block, bytes);
          return block;
        },
        [&](void* block, std::size_t) { arena.free(block); });
  }
  state.counters["reserved/live"] = static_cast<double>(arena.stats().peak_reserved_bytes) /
                                    static_cast<double>(arena.stats().peak_live_bytes);
}

void with_malloc(benchmark::State& state, const char* name) {
  const auto trace = trace_of(name);
  for (auto _ : state) {
    testing::replay(
        trace, kMinBytes,
        [](std::size_t bytes) {
          void* block = std::malloc(bytes);
          touch(block, bytes);
          return block;
        },
        [](void* block, std::size_t) { std::free(block); });
  }
}

BENCHMARK_CAPTURE(with_arena, full_finetune, "full_finetune.txt")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(with_malloc, full_finetune, "full_finetune.txt")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(with_arena, lora, "lora.txt")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(with_malloc, lora, "lora.txt")->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace automodel
