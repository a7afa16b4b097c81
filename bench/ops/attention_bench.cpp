// Our attention against LibTorch's flash kernel, by shape and instruction set. GFLOP/s of CPU time,
// of the products of the pairs that are seen: two in the forward, five in the backward.
// --benchmark_enable_random_interleaving=true --benchmark_repetitions=9 takes turns.

#include <ATen/ATen.h>
#include <benchmark/benchmark.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <array>
#include <string>

#include "bench/ops/every_isa.h"
#include "ops/attention.h"
#include "ops/attention_node.h"
#include "ops/cpu/dispatch.h"
#include "tensor/allocator.h"

namespace automodel::ops {
namespace {

struct Heads {
  const char* name;
  std::int64_t tokens, heads, kv_heads, key_width, value_width, window;  // window 0: none
};

constexpr std::array kHeads = {
    Heads{"smollm_512", 512, 9, 3, 64, 64, 0},      Heads{"smollm_2048", 2048, 9, 3, 64, 64, 0},
    Heads{"qwen3_512", 512, 32, 4, 128, 128, 0},    Heads{"gptoss_512", 512, 64, 8, 64, 64, 128},
    Heads{"gptoss_2048", 2048, 64, 8, 64, 64, 128}, Heads{"mla_512", 512, 16, 16, 192, 128, 0},
    Heads{"mla_2048", 2048, 16, 16, 192, 128, 0}};

/// Pairs of a query and a key that it sees.
double pairs(const Heads& shape) {
  double out = 0;
  for (std::int64_t t = 1; t <= shape.tokens; ++t) {
    out += static_cast<double>(shape.window == 0 ? t : std::min(t, shape.window));
  }
  return out * static_cast<double>(shape.heads);
}

void measure(benchmark::State& state, Heads shape, bool backward, at::ScalarType dtype, Isa isa) {
  const auto heads = [&](std::int64_t count, std::int64_t width) {
    return at::randn({shape.tokens, count, width}).to(dtype).requires_grad_(backward);
  };
  const Tensor q = heads(shape.heads, shape.key_width);
  const Tensor k = heads(shape.kv_heads, shape.key_width);
  const Tensor v = heads(shape.kv_heads, shape.value_width);
  const std::vector<std::int32_t> bounds = {0, static_cast<std::int32_t>(shape.tokens)};
  AttentionOptions options{.scale = 0.125};
  if (shape.window > 0) {
    options.window = shape.window;
  }
  const auto* kernels = cpu::kernels_of(isa);
  const auto forward = [&] {
    return kernels == nullptr ? attention(q, k, v, bounds, options)
                              : attention_by_kernel(*kernels, q, k, v, bounds, options);
  };
  if (!backward) {
    for (auto _ : state) {
      benchmark::DoNotOptimize(forward());
    }
  } else {
    const Tensor out = forward();
    const Tensor grad = at::randn_like(out);
    for (auto _ : state) {
      auto grads = torch::autograd::grad({out}, {q, k, v}, {grad}, /*retain_graph=*/true);
      benchmark::DoNotOptimize(grads);
    }
  }
  const auto width = static_cast<double>(backward ? 3 * shape.key_width + 2 * shape.value_width
                                                  : shape.key_width + shape.value_width);
  state.counters["GFLOP/s"] = benchmark::Counter(2e-9 * pairs(shape) * width,
                                                 benchmark::Counter::kIsIterationInvariantRate);
}

bool register_attention() {
  install_arena_allocator();  // of the whole program, as in a run
  for (const auto& [type, dtype] : {std::pair{"float32", at::kFloat}, {"bf16", at::kBFloat16}}) {
    for (const Heads& shape : kHeads) {
      for (const bool backward : {false, true}) {
        register_for_every_isa(
            std::string("attention/") + type + "/" + shape.name + "/" +
                (backward ? "backward" : "forward"),
            [=](benchmark::State& state, Isa isa) { measure(state, shape, backward, dtype, isa); });
      }
    }
  }
  return true;
}

const bool kAttentionRegistered = register_attention();

}  // namespace
}  // namespace automodel::ops
