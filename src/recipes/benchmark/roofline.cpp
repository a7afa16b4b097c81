#include "recipes/benchmark/roofline.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

#include "base/stopwatch.h"

namespace automodel::recipes {

double measure_matmul_flops(at::ScalarType dtype) {
  constexpr std::int64_t kSize = 1536;
  constexpr double kSeconds = 1;
  constexpr int kAtLeast = 3;
  const at::NoGradGuard no_grad;
  const at::Tensor a = at::ones({kSize, kSize}, dtype);
  const at::Tensor b = at::ones({kSize, kSize}, dtype);
  at::Tensor out = at::empty({kSize, kSize}, dtype);
  at::mm_out(out, a, b);
  const Stopwatch whole;
  double best = 0;
  for (int i = 0; i < kAtLeast || whole.seconds() < kSeconds; ++i) {
    const Stopwatch watch;
    at::mm_out(out, a, b);
    best = std::max(best, 2 * std::pow(static_cast<double>(kSize), 3) / watch.seconds());
  }
  return best;
}

}  // namespace automodel::recipes
