// Products of experts whose weights lie in no cache, as in a training step, on all threads. GFLOP/s
// of wall time.
// --benchmark_enable_random_interleaving=true --benchmark_repetitions=9 takes turns.

#include <ATen/ATen.h>
#include <benchmark/benchmark.h>

#include <array>
#include <string>

#include "base/isa.h"
#include "ops/deferred_gradients.h"
#include "ops/grouped_product.h"
#include "ops/optimizer.h"

namespace automodel::ops {
namespace {

/// So many experts with weights [out, in] and so many rows each.
struct Experts {
  const char* name;
  std::int64_t experts, rows, out, in;
};

constexpr std::array kExperts = {
    Experts{"128_up", 128, 32, 768, 2048}, Experts{"128_down", 128, 32, 2048, 768},
    Experts{"64_up", 256, 64, 384, 1024},  Experts{"64_down", 256, 64, 1024, 384},
    Experts{"64_up_a", 64, 64, 8, 1024},   Experts{"64_up_b", 64, 64, 384, 8}};

enum class ExpertsPass { forward, grad_x, grad_w, grad_w_then_adam, grad_w_in_adam, norm };
constexpr std::array kExpertsPasses = {"forward",      "dX",         "dW",
                                       "dW_then_adam", "dW_in_adam", "norm_of_dW"};

/// As it is in bfloat16: 8 bits beside the weight.
AdamUpdate update_of(const Tensor& weight) {
  const auto zeros = [&](at::ScalarType dtype) {
    return at::zeros(weight.sizes(), weight.options().dtype(dtype));
  };
  return {.weight = weight,
          .grad = {},
          .state = {zeros(at::kBFloat16), zeros(at::kBFloat16), {}},
          .master = zeros(at::kChar)};
}

void measure_experts(benchmark::State& state, const Experts& shape, ExpertsPass pass) {
  const std::int64_t pairs = shape.experts * shape.rows;
  const Tensor weight = at::randn({shape.experts, shape.out, shape.in}, at::kBFloat16);
  const Rows x{.matrix = at::randn({pairs, shape.in}, at::kBFloat16), .index_p = {}};
  const Rows dy{.matrix = at::randn({pairs, shape.out}, at::kBFloat16), .index_p = {}};
  const GroupCounts counts(static_cast<std::size_t>(shape.experts), shape.rows);
  const GroupedOuterProduct gradient{dy, x, counts};
  AdamUpdate update = update_of(weight);
  DeferredGradients deferred;
  deferred.take(weight, gradient);
  for (auto _ : state) {
    switch (pass) {
      case ExpertsPass::forward:
        benchmark::DoNotOptimize(grouped_product(x, counts, weight.transpose(1, 2)));
        break;
      case ExpertsPass::grad_x:
        benchmark::DoNotOptimize(grouped_product(dy, counts, weight));
        break;
      case ExpertsPass::grad_w:
        benchmark::DoNotOptimize(grouped_outer_product(gradient, at::kBFloat16));
        break;
      case ExpertsPass::grad_w_then_adam:
        update.grad = grouped_outer_product(gradient, at::kBFloat16);
        adam_step(std::array{update}, 1);
        break;
      case ExpertsPass::grad_w_in_adam:
        update.deferred = deferred.find(weight);
        adam_step(std::array{update}, 1);
        break;
      case ExpertsPass::norm:
        benchmark::DoNotOptimize(deferred.sum_of_squares());
    }
  }
  const double flops = 2.0 * static_cast<double>(pairs * shape.out * shape.in);
  state.counters["GFLOP/s"] =
      benchmark::Counter(flops * 1e-9, benchmark::Counter::kIsIterationInvariantRate);
}

const bool kExpertsRegistered = [] {
  for (const Experts& shape : kExperts) {
    for (std::size_t p = 0; p < kExpertsPasses.size(); ++p) {
      benchmark::RegisterBenchmark(
          (std::string("bf16/experts_") + shape.name + "/" + kExpertsPasses.at(p)).c_str(),
          [=](benchmark::State& state) {
            measure_experts(state, shape, static_cast<ExpertsPass>(p));
          })
          ->Unit(benchmark::kMillisecond)
          ->UseRealTime()
          ->MinTime(0.2);
    }
  }
  return true;
}();

}  // namespace
}  // namespace automodel::ops
