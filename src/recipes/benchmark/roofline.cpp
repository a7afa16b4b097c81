#include "recipes/benchmark/roofline.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

#include "base/stopwatch.h"
#include "tensor/device.h"

namespace automodel::recipes {

double measure_matmul_flops(at::ScalarType dtype, at::Device device) {
  const std::int64_t size = device.is_cpu() ? 1536 : 8192;
  constexpr double kSeconds = 1;
  constexpr int kAtLeast = 3;
  const at::NoGradGuard no_grad;
  const auto options = at::device(device).dtype(dtype);
  const at::Tensor a = at::rand({size, size}, options);
  const at::Tensor b = at::rand({size, size}, options);
  at::Tensor out = at::empty({size, size}, options);
  at::mm_out(out, a, b);
  synchronize(device);
  const Stopwatch whole;
  double best = 0;
  for (int i = 0; i < kAtLeast || whole.seconds() < kSeconds; ++i) {
    const Stopwatch watch;
    at::mm_out(out, a, b);
    synchronize(device);
    best = std::max(best, 2 * std::pow(static_cast<double>(size), 3) / watch.seconds());
  }
  return best;
}

}  // namespace automodel::recipes
