// Our matrix products against LibTorch's, by shape and instruction set. GFLOP/s of CPU time.
// --benchmark_enable_random_interleaving=true --benchmark_repetitions=9 takes turns.

#include <ATen/ATen.h>
#include <benchmark/benchmark.h>

#include <array>
#include <string>

#include "bench/ops/every_isa.h"
#include "ops/cpu/dispatch.h"
#include "ops/matrix_product.h"

namespace automodel::ops {
namespace {

/// y = x W^T, dX = dY W, dW += dY^T X of a weight [out, in] and so many tokens.
struct Shape {
  const char* name;
  std::int64_t tokens, out, in;
};

constexpr std::array kShapes = {
    Shape{"attention", 512, 576, 576},   Shape{"kv", 512, 192, 576},
    Shape{"gate", 512, 1536, 576},       Shape{"down", 512, 576, 1536},
    Shape{"gate_2048", 2048, 1536, 576}, Shape{"down_2048", 2048, 576, 1536},
    Shape{"head_256", 256, 49152, 576},  Shape{"expert_16", 16, 768, 2048},
    Shape{"expert_64", 64, 768, 2048},   Shape{"expert_128", 128, 768, 2048},
    Shape{"expert_512", 512, 768, 2048}};

enum class Pass { forward, grad_x, grad_w };
constexpr std::array kPasses = {"forward", "dX", "dW"};

struct Factors {
  Tensor x, w, dy, dw;
};

Factors make(const Shape& shape, at::ScalarType x_type, at::ScalarType w_type) {
  return {at::randn({shape.tokens, shape.in}).to(x_type),
          at::randn({shape.out, shape.in}).to(w_type),
          at::randn({shape.tokens, shape.out}).to(x_type),
          at::zeros({shape.out, shape.in}, at::kFloat)};
}

void reference(const Factors& f, Pass pass) {
  switch (pass) {
    case Pass::forward:
      return benchmark::DoNotOptimize(matrix_product_reference(f.x, f.w.t()));
    case Pass::grad_x:
      return benchmark::DoNotOptimize(matrix_product_reference(f.dy, f.w));
    case Pass::grad_w:
      f.x.scalar_type() == at::kFloat ? f.dw.addmm_(f.dy.t(), f.x) : f.dw.add_(f.dy.t().mm(f.x));
  }
}

void ours(const cpu::Kernels& kernels, const Factors& f, Pass pass) {
  switch (pass) {
    case Pass::forward:
      return benchmark::DoNotOptimize(matrix_product_with(kernels, f.x, f.w.t()));
    case Pass::grad_x:
      return benchmark::DoNotOptimize(matrix_product_with(kernels, f.dy, f.w));
    case Pass::grad_w:
      add_matrix_product_with_(kernels, f.dw, f.dy.t(), f.x);
  }
}

void measure(benchmark::State& state, Shape shape, Pass pass, at::ScalarType x, at::ScalarType w,
             Isa isa) {
  const auto factors = make(shape, x, w);
  const auto* kernels = cpu::kernels_of(isa);
  for (auto _ : state) {
    kernels == nullptr ? reference(factors, pass) : ours(*kernels, factors, pass);
  }
  const double flops = 2.0 * static_cast<double>(shape.tokens * shape.out * shape.in);
  state.counters["GFLOP/s"] =
      benchmark::Counter(flops * 1e-9, benchmark::Counter::kIsIterationInvariantRate);
}

bool register_all() {
  struct Types {
    const char* name;
    at::ScalarType x, w;
  };
  for (const auto& types :
       {Types{"float32", at::kFloat, at::kFloat}, Types{"bf16_stored", at::kFloat, at::kBFloat16},
        Types{"bf16", at::kBFloat16, at::kBFloat16}}) {
    for (const Shape& shape : kShapes) {
      for (int p = 0; p < 3; ++p) {
        register_for_every_isa(std::string(types.name) + "/" + shape.name + "/" +
                                   kPasses.at(static_cast<std::size_t>(p)),
                               [=](benchmark::State& state, Isa isa) {
                                 measure(state, shape, static_cast<Pass>(p), types.x, types.w, isa);
                               });
      }
    }
  }
  return true;
}

const bool kRegistered = register_all();

}  // namespace
}  // namespace automodel::ops
