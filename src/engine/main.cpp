#include <fmt/format.h>

int main() {
  fmt::print("automodel-engine {}, LibTorch {}\n", AM_VERSION, TORCH_VERSION);
  return 0;
}
