#include <fmt/format.h>
#include <torch/version.h>

int main() {
  fmt::print("automodel-engine {}, LibTorch {}\n", AM_VERSION, TORCH_VERSION);
  return 0;
}
